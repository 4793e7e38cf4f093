using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Testing;

/// <summary>Keeps what was logged.</summary>
public sealed class ListLogger : ILogger
{
    readonly ConcurrentQueue<(LogLevel Level, EventId Id, string Text, Exception? Exception)> entries = new();

    public IReadOnlyList<(LogLevel Level, EventId Id, string Text, Exception? Exception)> Entries => [.. entries];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    ) => entries.Enqueue((logLevel, eventId, formatter(state, exception), exception));
}

using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Npgsql;
using Persistence.Ledger;

namespace SmppGateway;

/// <summary>
/// Ids of 8 characters, handed out without asking anybody. They are unique because:
/// a sequence of the database gives every block of <see cref="MessageLedger.ShortIdBlock"/> numbers once, to one process; a process hands
/// each number of its block out once, under a lock; what is left of a block when the process ends is given to nobody; and 8 characters
/// of 5 bits spell each number below 2^40 differently. After 2^40 ids the sequence begins again: 34 years at 1,000 a second.
/// </summary>
/// <remarks>
/// A v3.3 message_id is said to be hexadecimal; 8 such digits would be used up after 50 days at that rate. Peers compare them as strings.
/// The letters are Crockford's: none is mistaken for a digit.
/// </remarks>
internal sealed class ShortIds(MessageLedger ledger, GatewayOptions options, TimeProvider time, ILogger<ShortIds> logger)
    : BackgroundService
{
    private const int Length = 8;
    private const string Letters = "0123456789abcdefghjkmnpqrstvwxyz";

    /// <summary>How soon blocks are asked for again while the database is away.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private static readonly SearchValues<char> Known = SearchValues.Create(Letters);

    private readonly Lock gate = new();
    private readonly Queue<long> blocks = new();
    private readonly SemaphoreSlim used = new(0, 1);
    private long next;
    private long end;

    /// <summary>The next id; false when no block is left and the database gave no new one.</summary>
    public bool TryNext([NotNullWhen(true)] out string? id)
    {
        long number;
        lock (gate)
        {
            if (next == end)
            {
                if (used.CurrentCount == 0)
                {
                    used.Release();
                }

                if (!blocks.TryDequeue(out next))
                {
                    end = next = 0;
                    id = null;
                    return false;
                }

                end = next + MessageLedger.ShortIdBlock;
            }

            number = next++;
        }

        id = Format(number);
        return true;
    }

    /// <summary>Whether a text of 8 lower-case characters can be one.</summary>
    public static bool IsOne(string text) => text.Length == Length && !text.AsSpan().ContainsAnyExcept(Known);

    /// <summary>A number below 2^40 in 8 letters.</summary>
    public static string Format(long number) =>
        string.Create(
            Length,
            number,
            static (text, rest) =>
            {
                for (var i = text.Length - 1; i >= 0; i--)
                {
                    text[i] = Letters[(int)(rest & 31)];
                    rest >>= 5;
                }
            }
        );

    /// <summary>Blocks that are this process's alone.</summary>
    public void Add(IEnumerable<long> leased)
    {
        lock (gate)
        {
            foreach (var first in leased)
            {
                blocks.Enqueue(first);
            }
        }
    }

    public override void Dispose()
    {
        used.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (Missing() is > 0 and var missing)
                {
                    Add(await ledger.LeaseShortIdsAsync(missing, stoppingToken));
                }

                await used.WaitAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                GatewayLog.ShortIdsNotLeased(logger, e.Message);
                await Task.Delay(Retry, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private int Missing()
    {
        lock (gate)
        {
            return options.ShortIdBlocks - blocks.Count;
        }
    }
}

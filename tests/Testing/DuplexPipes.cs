using System.IO.Pipelines;

namespace Testing;

/// <summary>Two ends of an in-memory connection.</summary>
public sealed class DuplexPipes : IDuplexPipe
{
    DuplexPipes(PipeReader input, PipeWriter output)
    {
        Input = input;
        Output = output;
    }

    public PipeReader Input { get; }
    public PipeWriter Output { get; }

    /// <summary>A pair; a writer waits once <paramref name="pauseAt"/> octets are unread.</summary>
    public static (IDuplexPipe One, IDuplexPipe Other) Create(int pauseAt = 64 * 1024)
    {
        var options = new PipeOptions(pauseWriterThreshold: pauseAt, resumeWriterThreshold: pauseAt / 2, useSynchronizationContext: false);
        var forth = new Pipe(options);
        var back = new Pipe(options);
        return (new DuplexPipes(back.Reader, forth.Writer), new DuplexPipes(forth.Reader, back.Writer));
    }
}

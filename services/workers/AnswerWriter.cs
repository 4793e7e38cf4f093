using System.Threading.Channels;
using Npgsql;
using Persistence.Ledger;

namespace Workers;

/// <summary>
/// Writes operators' answers in batches: whatever waits when the last statement is done goes with the next, and what comes within a moment: their
/// windows are free already. While the database is
/// away the answers wait here, bounded, and the windows with them; they are retried until written or the process ends.
/// </summary>
internal sealed class AnswerWriter(MessageLedger ledger, WorkersOptions options, TimeProvider time, ILogger<AnswerWriter> logger)
    : BackgroundService
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    private readonly Channel<(SubmitAnswer Answer, TaskCompletionSource Written)> waiting = Channel.CreateBounded<(
        SubmitAnswer,
        TaskCompletionSource
    )>(new BoundedChannelOptions(options.AnswerCapacity) { SingleReader = true });

    /// <summary>Completes when the answer is in the ledger.</summary>
    public async Task WriteAsync(SubmitAnswer answer)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await waiting.Writer.WriteAsync((answer, written));
        await written.Task;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batch = new List<(SubmitAnswer Answer, TaskCompletionSource Written)>(options.AnswerBatch);
        var isBusy = false;
        try
        {
            while (await waiting.Reader.WaitToReadAsync(stoppingToken))
            {
                if (isBusy && waiting.Reader.Count < options.AnswerBatch)
                {
                    await Task.Delay(options.AnswersGather, time, stoppingToken);
                }

                batch.Clear();
                while (batch.Count < options.AnswerBatch && waiting.Reader.TryRead(out var next))
                {
                    batch.Add(next);
                }

                await WriteBatchAsync(batch, stoppingToken);
                isBusy = waiting.Reader.Count > 0;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is not written stays a claim without an outcome: uncertain, and the connector's policy decides.
            waiting.Writer.TryComplete();
            while (waiting.Reader.TryRead(out var next))
            {
                batch.Add(next);
            }

            foreach (var (_, written) in batch)
            {
                written.TrySetCanceled(stoppingToken);
            }
        }
    }

    private async Task WriteBatchAsync(List<(SubmitAnswer Answer, TaskCompletionSource Written)> batch, CancellationToken cancellationToken)
    {
        var answers = batch.ConvertAll(entry => entry.Answer);
        while (true)
        {
            try
            {
                await ledger.AnswerAsync(answers, cancellationToken);
                break;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                WorkersLog.AnswersWait(logger, answers.Count, e.Message);
                await Task.Delay(Retry, time, cancellationToken);
            }
        }

        foreach (var (_, written) in batch)
        {
            written.TrySetResult();
        }
    }
}

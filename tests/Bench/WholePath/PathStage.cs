using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Bench.WholePath;

/// <summary>Stage 6: a message from the customer's submit_sm to its receipt, through a platform of the script's own.</summary>
static class PathStage
{
    static readonly TimeSpan settleWithin = TimeSpan.FromSeconds(60);
    static readonly JsonSerializerOptions json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static async Task<StageReport> RunAsync(BenchOptions options)
    {
        var report = new StageReport
        {
            Stage = "path",
            What =
                $"{options.Messages} messages with receipts after a warm-up of {options.Warmup}; {options.Binds} binds, window {options.Window}; "
                + "client, platform, PostgreSQL and operator on one machine",
        };
        using var rest = await ConnectAsync(options);

        await Console.Error.WriteLineAsync("path: warm-up");
        using (var warm = LoadClient.Start(options, "load-warmup", options.Warmup))
        {
            if ((await warm.FinishAsync()).Failure is { } failure)
            {
                report.Failures.Add($"warm-up: {failure}");
                return report;
            }
        }

        var before = await SettledAsync(rest);
        if (!before.IsSettled)
        {
            report.Failures.Add($"the warm-up's messages are not settled after {settleWithin}: {before}");
        }

        await Console.Error.WriteLineAsync("path: measured run");
        var books = new BooksRecord();
        var meters = new Meters(options);
        meters.Start();
        JsonElement? load;
        using (var client = LoadClient.Start(options, "load", options.Messages))
        {
            await WatchAsync(client, rest, books, meters);
            (load, var failure) = await client.FinishAsync();
            if (failure is not null)
            {
                report.Failures.Add(failure);
            }
        }

        var after = await SettledAsync(rest);
        meters.Stop();
        books.Add(after with { At = books.Seconds.Count > 0 ? books.Seconds[^1].At + 60 : 0 });
        if (load is not { } result)
        {
            report.Failures.Add("the load client left no report");
            return report;
        }

        AddLoad(report, result);
        meters.AddTo(report, result.GetProperty("cpuSeconds").GetDouble(), result.GetProperty("accepted").GetInt64());
        AddBooks(report, books, before, after, result);
        await File.WriteAllBytesAsync(Path.Combine(options.Folder, "books.json"), JsonSerializer.SerializeToUtf8Bytes(books.Seconds, json));
        return report;
    }

    static async Task<HttpClient> ConnectAsync(BenchOptions options)
    {
        var key = await File.ReadAllTextAsync(Path.Combine(options.RunFolder, "admin-key"));
        var rest = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{options.AdminPort}/"), Timeout = TimeSpan.FromSeconds(5) };
        rest.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Trim());
        return rest;
    }

    /// <summary>Reads the books every second until the load client has ended.</summary>
    static async Task WatchAsync(LoadClient client, HttpClient rest, BooksRecord books, Meters meters)
    {
        var ended = client.Ended;
        var started = Stopwatch.GetTimestamp();
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (!ended.IsCompleted)
        {
            meters.Sample(client.Pid);
            try
            {
                books.Add(await ReadAsync(rest, Stopwatch.GetElapsedTime(started).TotalSeconds));
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
            {
                // Counted, and reported as a failure: the books are to be readable at every second.
                books.CouldNotRead();
                await Console.Error.WriteLineAsync($"path: GET /v1/stats: {exception.Message}");
            }

            await Task.WhenAny(ended, second.WaitForNextTickAsync().AsTask());
        }
    }

    /// <summary>The books once nothing is under way, or as they are after a while.</summary>
    static async Task<Books> SettledAsync(HttpClient rest)
    {
        var started = Stopwatch.GetTimestamp();
        using var pause = new PeriodicTimer(TimeSpan.FromSeconds(0.2));
        while (true)
        {
            try
            {
                var books = await ReadAsync(rest, 0);
                if (books.IsSettled || Stopwatch.GetElapsedTime(started) > settleWithin)
                {
                    return books;
                }
            }
            catch (Exception exception)
                when (exception is HttpRequestException or OperationCanceledException && Stopwatch.GetElapsedTime(started) < settleWithin)
            {
                // Asked again: what is settled meanwhile is settled all the same. Past the time it is thrown, and the stage fails.
                await Console.Error.WriteLineAsync($"path: GET /v1/stats: {exception.Message}");
            }

            await pause.WaitForNextTickAsync();
        }
    }

    static async Task<Books> ReadAsync(HttpClient rest, double at) =>
        Books.Read(await rest.GetFromJsonAsync<JsonElement>(new Uri("v1/stats", UriKind.Relative)), at);

    static void AddLoad(StageReport report, JsonElement load)
    {
        report.Add(
            "accepted",
            (Units.PerSecond, load.GetProperty("acceptedPerSecond").GetDouble()),
            ("messages", load.GetProperty("accepted").GetInt64())
        );
        report.Add("end to end, with its receipt", (Units.PerSecond, load.GetProperty("endToEndPerSecond").GetDouble()));
        Percentiles("submit latency, ms", load.GetProperty("latencyMs"));
        Percentiles("receipt lag, ms", load.GetProperty("receiptLagMs"));
        var receipts = load.GetProperty("receipts");
        report.Add("receipts", Count("received"), Count("missing"), Count("doubled"), Count("unknown"));

        (string, double) Count(string name) => (name, receipts.GetProperty(name).GetInt64());

        void Percentiles(string name, JsonElement of) =>
            report.Add(name, [.. new[] { "p50", "p90", "p99", "p999", "max" }.Select(p => (p, of.GetProperty(p).GetDouble()))]);
    }

    static void AddBooks(StageReport report, BooksRecord books, Books before, Books after, JsonElement load)
    {
        var faults = books.Faults();
        report.Add("books", ("seconds read", books.Seconds.Count - 1), ("not balanced", faults.Count), ("unread", books.Unread));
        report.Failures.AddRange(faults.Take(10).Select(fault => $"the books at {fault}"));
        if (books.Unread > 0)
        {
            report.Failures.Add($"the books could not be read in {books.Unread} seconds");
        }

        if (!after.IsSettled)
        {
            report.Failures.Add($"not settled after {settleWithin}: {after}");
        }

        var accepted = load.GetProperty("accepted").GetInt64();
        if (load.GetProperty("uncertain").GetInt64() == 0 && after.Accepted - before.Accepted != accepted)
        {
            report.Failures.Add($"the client counts {accepted} accepted, the books {after.Accepted - before.Accepted}");
        }
    }
}

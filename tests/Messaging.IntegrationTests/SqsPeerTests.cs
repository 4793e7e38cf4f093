using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Messaging.Sqs;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Messaging.IntegrationTests;

/// <summary>Amazon's own JavaScript client reads what we write, and we read what it writes.</summary>
public sealed class SqsPeerTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly SqsQueue _queue = SqsEndpoint.Open(
        new SqsQueueOptions
        {
            Prefix = "peer-",
            KmsKeyId = "alias/platform",
            Tags = new Dictionary<string, string> { ["cost-centre"] = "sms" },
        }
    );
    private readonly string _name = $"{Guid.NewGuid():N}";
    private readonly Guid _boot = Guid.NewGuid();
    private Process _peer = null!;

    public Task InitializeAsync()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Platform.sln")))
        {
            root = root.Parent!;
        }
        var start = new ProcessStartInfo("node", [Path.Combine(root.FullName, "tests/peers/sqs-client.mjs"), SqsEndpoint.Url])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        _peer = Process.Start(start)!;
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _peer.StandardInput.Close();
        await _peer.WaitForExitAsync();
        _peer.Dispose();
        await _queue.DisposeAsync();
    }

    [Fact]
    public async Task What_we_write_it_reads()
    {
        var sent = new OutgoingEnvelope(Guid.CreateVersion7(), Encoding.UTF8.GetBytes("{\"text\":\"Жолтая €, 漢字 \\\"\"}"), 42);
        await _queue.SendAsync(_name, [sent], None);
        var url = await UrlAsync(_name);

        var received = await AskAsync(
            "ReceiveMessage",
            new JsonObject { ["QueueUrl"] = url, ["MessageAttributeNames"] = new JsonArray("All") }
        );

        // The client itself checks the body's MD5.
        var message = Assert.Single(received["Messages"]!.AsArray())!;
        Assert.Equal(Encoding.UTF8.GetString(sent.Body.Span), message["Body"]!.GetValue<string>());
        Assert.Equal(sent.Id.ToString(), message["MessageAttributes"]!["id"]!["StringValue"]!.GetValue<string>());
        Assert.Equal("42", message["MessageAttributes"]!["items"]!["StringValue"]!.GetValue<string>());
        await AskAsync(
            "DeleteMessage",
            new JsonObject { ["QueueUrl"] = url, ["ReceiptHandle"] = message["ReceiptHandle"]!.GetValue<string>() }
        );
        Assert.Equal(0, (await _queue.DepthAsync(_name, None)).Total);
    }

    [Fact]
    public async Task What_it_writes_we_read_and_settle()
    {
        var id = Guid.CreateVersion7();
        await _queue.EnsureQueueAsync(_name, None);
        var url = await UrlAsync(_name);
        await AskAsync("SendMessage", new JsonObject { ["QueueUrl"] = url, ["MessageBody"] = "plain, 漢字" });
        await AskAsync(
            "SendMessageBatch",
            new JsonObject
            {
                ["QueueUrl"] = url,
                ["Entries"] = new JsonArray(
                    new JsonObject
                    {
                        ["Id"] = "a",
                        ["MessageBody"] = "with attributes",
                        ["MessageAttributes"] = new JsonObject
                        {
                            ["id"] = new JsonObject { ["DataType"] = "String", ["StringValue"] = id.ToString() },
                            ["items"] = new JsonObject { ["DataType"] = "Number", ["StringValue"] = "7" },
                        },
                    }
                ),
            }
        );

        var received = await _queue.ReceiveAsync(_name, 10, TimeSpan.FromSeconds(10), None);

        Assert.Equal(["plain, 漢字", "with attributes"], received.Select(r => Encoding.UTF8.GetString(r.Body.Span)));
        Assert.Equal((1, 7, id), (received[0].Items, received[1].Items, received[1].Id));
        await _queue.DeadLetterAsync(_name, received[0], "for a person", None);
        await _queue.CompleteAsync(_name, [received[1]], None);
        var dead = await AskAsync(
            "ReceiveMessage",
            new JsonObject { ["QueueUrl"] = await UrlAsync(_name + "-dead"), ["MessageAttributeNames"] = new JsonArray("All") }
        );
        var letter = Assert.Single(dead["Messages"]!.AsArray())!;
        Assert.Equal("plain, 漢字", letter["Body"]!.GetValue<string>());
        Assert.Equal("for a person", letter["MessageAttributes"]!["why"]!["StringValue"]!.GetValue<string>());
    }

    [Fact]
    public async Task Compressed_envelopes_of_ours_it_opens_by_their_description_and_nothing_is_missing()
    {
        var notes = Enumerable.Range(0, 300).Select(i => new Note(i, $"Жолтая €, 漢字 \\ \"{i}\" {new string('я', 200)}")).ToArray();
        await _queue.EnsureQueueAsync(_name, None);
        await using (var sender = Sender())
        {
            Assert.Equal(SendOutcome.Stored, await sender.SendAllAsync(notes, None));
        }
        var url = await UrlAsync(_name);

        var read = new List<Note>();
        while (read.Count < notes.Length)
        {
            var received = await AskAsync(
                "ReceiveMessage",
                new JsonObject
                {
                    ["QueueUrl"] = url,
                    ["MaxNumberOfMessages"] = 10,
                    ["WaitTimeSeconds"] = 10,
                    ["MessageAttributeNames"] = new JsonArray("All"),
                }
            );
            foreach (var message in received["Messages"]!.AsArray())
            {
                var body = message!["Body"]!.GetValue<string>();
                Assert.StartsWith("{\"z\":", body, StringComparison.Ordinal);
                var envelope = await AskAsync("OpenBody", new JsonObject { ["Body"] = body });
                var items = envelope["items"]!.AsArray();
                Assert.Equal((1, _boot), (envelope["v"]!.GetValue<int>(), envelope["boot"]!.GetValue<Guid>()));
                Assert.InRange(
                    (TimeProvider.System.GetUtcNow() - envelope["at"]!.GetValue<DateTimeOffset>()).Duration(),
                    TimeSpan.Zero,
                    TimeSpan.FromMinutes(1)
                );
                // What the message says of itself, for those who only count.
                Assert.Equal($"{items.Count}", message["MessageAttributes"]!["items"]!["StringValue"]!.GetValue<string>());
                read.AddRange(items.Select(item => item!["m"].Deserialize(NoteJson.Default.Note)!));
            }
        }

        Assert.Equal(notes, read.OrderBy(note => note.Number));
    }

    [Fact]
    public async Task A_compressed_envelope_of_its_own_we_read_item_by_item_with_their_failures_and_settle()
    {
        const string at = "2023-11-14T22:13:20.000Z";
        await _queue.EnsureQueueAsync(_name, None);
        var notes = Enumerable.Range(0, 100).Select(i => new Note(i, $"漢字 {i}")).ToArray();
        var envelope = new JsonObject
        {
            ["v"] = 1,
            ["boot"] = _boot.ToString(),
            ["at"] = at,
            ["items"] = new JsonArray([.. notes.Select(Item)]),
        };
        var body = (await AskAsync("CompressedBody", new JsonObject { ["Envelope"] = envelope }))["Body"]!.GetValue<string>();
        Assert.StartsWith("{\"z\":", body, StringComparison.Ordinal);
        await AskAsync("SendMessage", new JsonObject { ["QueueUrl"] = await UrlAsync(_name), ["MessageBody"] = body });

        await using (
            var reader = new EnvelopeReader<Note>(
                _queue,
                _name,
                NoteJson.Default.Note,
                new EnvelopeReaderOptions(),
                TimeProvider.System,
                NullLogger.Instance
            )
        )
        {
            var lease = Assert.Single(await reader.ReceiveAsync(1, TimeSpan.FromSeconds(10), None));
            Assert.Equal((_boot, DateTimeOffset.FromUnixTimeSeconds(1_700_000_000)), (lease.BootId, lease.EnqueuedAt));
            Assert.Equal(notes, lease.Items.Select(item => item.Value));
            Assert.Equal(Enumerable.Repeat(0, 99).Prepend(3), lease.Items.Select(item => item.Failures));
            foreach (var item in lease.Items)
            {
                item.Complete();
            }
            await reader.StopAsync(TimeSpan.FromSeconds(10));
        }
        Assert.Equal(0, (await _queue.DepthAsync(_name, None)).Total);

        static JsonNode Item(Note note)
        {
            var item = new JsonObject { ["m"] = JsonSerializer.SerializeToNode(note, NoteJson.Default.Note) };
            if (note.Number == 0)
            {
                item["f"] = 3;
                item["why"] = "it failed before";
            }
            return item;
        }
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("with space/and 運営者 and a name much too long for SQS, which takes eighty characters")]
    public async Task It_finds_the_queues_as_we_made_them(string suffix)
    {
        var queue = $"{_name}-{suffix}";
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => _queue.EnsureQueueAsync(queue, None)));
        var found = await AskAsync("ListQueues", new JsonObject { ["QueueNamePrefix"] = "peer-" + _name });
        var names = found["QueueUrls"]!.AsArray().Select(url => url!.GetValue<string>().Split('/')[^1]).Order().ToArray();
        Assert.Equal(2, names.Length);
        var name = names[0];
        Assert.Equal(name + "-dead", names[1]);
        Assert.Matches("^[A-Za-z0-9_-]{1,80}$", names[1]);

        var attributes = await AttributesAsync(name);
        Assert.Equal(("604800", "20", "alias/platform"), Of(attributes));
        var redrive = JsonNode.Parse(attributes["RedrivePolicy"]!.GetValue<string>())!;
        Assert.Equal(200, redrive["maxReceiveCount"]!.GetValue<int>());
        var dead = await AttributesAsync(name + "-dead");
        Assert.Equal(("1209600", "20", "alias/platform"), Of(dead));
        Assert.Equal(dead["QueueArn"]!.GetValue<string>(), redrive["deadLetterTargetArn"]!.GetValue<string>());

        var tags = await AskAsync("ListQueueTags", new JsonObject { ["QueueUrl"] = await SqsUrlAsync(name) });
        Assert.Equal("sms", tags["Tags"]!["cost-centre"]!.GetValue<string>());
        Assert.Contains(queue, await _queue.ListAsync(None));

        static (string, string, string) Of(JsonNode attributes) =>
            (
                attributes["MessageRetentionPeriod"]!.GetValue<string>(),
                attributes["VisibilityTimeout"]!.GetValue<string>(),
                attributes["KmsMasterKeyId"]!.GetValue<string>()
            );
    }

    private EnvelopeSender<Note> Sender() =>
        new(_queue, _name, NoteJson.Default.Note, EnvelopeSenderOptions.ForBilledCalls(), _boot, TimeProvider.System, NullLogger.Instance);

    private Task<string> UrlAsync(string queue) => SqsUrlAsync("peer-" + queue);

    private async Task<string> SqsUrlAsync(string name) =>
        (await AskAsync("GetQueueUrl", new JsonObject { ["QueueName"] = name }))["QueueUrl"]!.GetValue<string>();

    private async Task<JsonNode> AttributesAsync(string name)
    {
        var request = new JsonObject { ["QueueUrl"] = await SqsUrlAsync(name), ["AttributeNames"] = new JsonArray("All") };
        return (await AskAsync("GetQueueAttributes", request))["Attributes"]!;
    }

    private async Task<JsonNode> AskAsync(string operation, JsonObject input)
    {
        await _peer.StandardInput.WriteLineAsync(new JsonObject { ["operation"] = operation, ["input"] = input }.ToJsonString());
        await _peer.StandardInput.FlushAsync();
        var line = await _peer.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
        var answer = JsonSerializer.Deserialize<JsonObject>(line ?? throw new InvalidOperationException("the peer has ended"))!;
        Assert.True(answer["error"] is null, $"{operation}: {answer["error"]}");
        return answer["output"]!;
    }
}

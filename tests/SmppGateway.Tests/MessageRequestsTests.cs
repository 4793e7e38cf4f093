using System.Net;
using System.Net.Sockets;
using Contracts;
using Messaging;
using Messaging.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Persistence.Ledger;
using Smpp;
using Smpp.Pdus;
using Xunit;

namespace SmppGateway.Tests;

/// <summary>The turns that queries, cancels and replaces take at the database. Here it is one that accepts and never answers.</summary>
public sealed class MessageRequestsTests : IAsyncDisposable
{
    private static readonly QuerySm Query = new() { MessageId = new string('0', 32) };

    private readonly ManualTime time = new();
    private readonly TcpListener deaf = new(IPAddress.Loopback, 0);
    private readonly NpgsqlDataSource source;
    private readonly EnvelopeSender<MessageEvent> events;
    private readonly MessageRequests requests;
    private readonly Gateway gateway = new();

    public MessageRequestsTests()
    {
        deaf.Start();
        source = NpgsqlDataSource.Create($"Host=127.0.0.1;Port={((IPEndPoint)deaf.LocalEndpoint).Port};Timeout=60;SSL Mode=Disable");
        events = new EnvelopeSender<MessageEvent>(
            new InMemoryQueue(time),
            QueueNames.Events,
            ContractsJson.Default.MessageEvent,
            new EnvelopeSenderOptions(),
            Guid.Empty,
            time,
            NullLogger.Instance
        );
        requests = new MessageRequests(
            new GatewayOptions
            {
                LookupsAtATime = 1,
                LookupsPerEsme = 3,
                LookupsWaiting = 4,
            },
            new MessageLedger(source),
            events,
            time,
            NullLogger<MessageRequests>.Instance
        );
    }

    public async ValueTask DisposeAsync()
    {
        deaf.Stop();
        requests.Dispose();
        await events.DisposeAsync();
        await source.DisposeAsync();
        await gateway.DisposeAsync();
    }

    [Fact]
    public async Task A_flood_of_queries_is_throttled_and_leaves_room_for_other_ESMEs()
    {
        using var ended = new CancellationTokenSource();
        var other = gateway.Esme with { SystemId = "other" };
        var asked = Enumerable.Range(0, 3).Select(_ => requests.QueryAsync(gateway.Esme, Query, ended.Token).AsTask()).ToList();

        Assert.Equal(CommandStatus.Throttled, (await requests.QueryAsync(gateway.Esme, Query, ended.Token)).Status);
        asked.Add(requests.QueryAsync(other, Query, ended.Token).AsTask());
        Assert.All(asked, query => Assert.False(query.IsCompleted));
        // All together are bounded too.
        Assert.Equal(CommandStatus.Throttled, (await requests.QueryAsync(other, Query, ended.Token)).Status);

        // A session that ends gives its turns up; the one at the database ends with its connection.
        await ended.CancelAsync();
        deaf.Stop();
        var answers = await Task.WhenAll(asked.Select(async query => await query.ContinueWith(done => done.Status, TaskScheduler.Default)));
        Assert.Equal(3, answers.Count(status => status == TaskStatus.Canceled));
        Assert.Equal(CommandStatus.QueryFail, (await asked[0]).Status);
    }

    [Fact]
    public async Task An_id_that_is_none_does_not_ask_anybody()
    {
        var none = CancellationToken.None;
        Assert.Equal(CommandStatus.InvMsgId, (await requests.QueryAsync(gateway.Esme, new QuerySm { MessageId = "x" }, none)).Status);
        Assert.Equal(CommandStatus.InvMsgId, (await requests.CancelAsync(gateway.Esme, new CancelSm(), none)).Status);
        Assert.Equal(CommandStatus.InvMsgId, (await requests.ReplaceAsync(gateway.Esme, new ReplaceSm(), none)).Status);
    }
}

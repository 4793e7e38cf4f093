using Persistence.Leases;
using Xunit;

namespace Persistence.IntegrationTests;

public sealed class TracedPdusTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly DateTimeOffset Moment = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly string systemId = $"e{Guid.NewGuid():N}"[..15];
    private readonly TracedPdus traced = new(database.Source);

    [Fact]
    public async Task What_is_appended_is_read_in_order_page_by_page_and_of_its_own_user_only()
    {
        var pdu = Row("one") with
        {
            Session = Guid.NewGuid(),
            Remote = "192.0.2.1",
            Direction = "received",
            Command = "submit_sm",
            Sequence = uint.MaxValue,
            Status = "Ok",
        };
        await traced.AppendAsync([pdu, Row("two") with { LeftOut = 7 }, Row("not mine") with { SystemId = "other" }], default);
        await traced.AppendAsync([Row("three")], default);

        var first = await traced.ListAsync("acme", systemId, 0, 2, default);
        var rest = await traced.ListAsync("acme", systemId, first[1].Id, 100, default);

        Assert.Equal(pdu with { Id = first[0].Id }, first[0]);
        Assert.Equal(Row("two") with { Id = first[1].Id, LeftOut = 7 }, first[1]);
        Assert.Equal(["three"], rest.Select(row => row.Line));
        Assert.Empty(await traced.ListAsync("another account", systemId, 0, 100, default));
    }

    [Fact]
    public async Task Processes_that_write_at_once_keep_the_order_of_what_can_be_read()
    {
        var seen = new List<long>();
        var writing = Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        for (var i = 0; i < 10; i++)
                        {
                            await traced.AppendAsync([.. Enumerable.Range(0, 20).Select(n => Row($"{n}"))], default);
                        }
                    })
                )
        );
        while (seen.Count < 800)
        {
            var done = writing.IsCompleted;
            var page = await traced.ListAsync("acme", systemId, seen.LastOrDefault(), 1000, default);
            seen.AddRange(page.Select(row => row.Id));
            Assert.True(page.Count > 0 || !done, $"{seen.Count} of 800 rows were seen by who reads on from the last one");
        }

        await writing;
    }

    [Fact]
    public async Task What_is_old_is_removed()
    {
        var now = TimeProvider.System.GetUtcNow();
        await traced.AppendAsync([Row("old") with { At = now.AddDays(-8) }, Row("new") with { At = now.AddDays(-6) }], default);

        await traced.ForgetAsync(TimeSpan.FromDays(7), default);

        Assert.Equal(["new"], (await traced.ListAsync("acme", systemId, 0, 100, default)).Select(row => row.Line));
    }

    private TracedPdu Row(string line) =>
        new()
        {
            At = Moment,
            Account = "acme",
            SystemId = systemId,
            Line = line,
        };
}

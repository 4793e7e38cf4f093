using System.Net;
using Contracts;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Persistence.Ledger;

namespace AdminApi.IntegrationTests;

public sealed class ReceiptsTests : IAsyncLifetime
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private TestPlatform? started;

    private TestPlatform Platform => started!;

    public async Task InitializeAsync() => started = await TestPlatform.StartAsync();

    public async Task DisposeAsync() => await Platform.DisposeAsync();

    [Fact]
    public async Task Receipts_without_a_message_are_listed_those_that_wait_and_those_given_up()
    {
        var receipts = new[] { Receipt(0), Receipt(1), Receipt(2) };
        await using (var transaction = await Platform.Ledger.BeginAsync(default))
        {
            await transaction.ParkAsync(receipts, TimeSpan.FromHours(1), default);
            await transaction.ParkAgainAsync([receipts[0]], TimeSpan.Zero, default);
            await transaction.CommitAsync([], default);
        }

        var all = await Platform.Admin.GetJsonAsync("/v1/unmatched-receipts");
        Assert.Equal(receipts.Reverse().Select(receipt => $"{receipt.ReceiptId:N}"), all.Ids());
        Assert.Equal(["waiting", "waiting", "unmatched"], all["items"]!.AsArray().Select(item => item!["status"].Text()));
        var given = all["items"]![2]!;
        Assert.Equal(
            ("tel", "north", "00AB", "171", "491700000001", "failed", "UNDELIV", "011"),
            (
                given["operator"].Text(),
                given["connector"].Text(),
                given["operatorId"].Text(),
                given["textId"].Text(),
                given["source"].Text(),
                given["state"].Text(),
                given["stat"].Text(),
                given["error"].Text()
            )
        );
        Assert.Equal("no message has this operator id", given["reason"].Text());

        Assert.Equal([$"{receipts[0].ReceiptId:N}"], (await Platform.Admin.GetJsonAsync("/v1/unmatched-receipts?status=unmatched")).Ids());
        var first = await Platform.Admin.GetJsonAsync("/v1/unmatched-receipts?status=waiting&limit=1");
        Assert.Equal([$"{receipts[2].ReceiptId:N}"], first.Ids());
        Assert.Equal(
            [$"{receipts[1].ReceiptId:N}"],
            (await Platform.Admin.GetJsonAsync($"/v1/unmatched-receipts?status=waiting&after={first["next"].Text()}")).Ids()
        );
        await Platform.Admin.GetAsync("/v1/unmatched-receipts?status=lost").RefusesAsync("status");
        await Platform.Admin.GetAsync("/v1/unmatched-receipts?after=x").RefusesAsync("after");
    }

    [Fact]
    public async Task A_connector_shows_its_rescued_receipts_and_the_format_to_set()
    {
        await Platform.CreateConnectorAsync("rescued");
        await RescuedAsync("rescued", ReceiptRescue.AsIs, "2026-01-01");
        await RescuedAsync("rescued", ReceiptRescue.HexToDec, "2026-01-02");
        await RescuedAsync("rescued", ReceiptRescue.Text, "2026-01-03");

        var receipts = await Platform.Admin.GetJsonAsync("/v1/connectors/rescued/receipts");
        Assert.Equal(("asIs", "hexToDec"), (receipts["dlrIdFormat"].Text(), receipts["advised"].Text()));
        Assert.Equal(["asIs", "hexToDec", "text"], receipts["rescued"]!.AsArray().Select(row => row!["kind"].Text()));
        Assert.All(receipts["rescued"]!.AsArray(), row => Assert.Equal(7, row!["count"]!.GetValue<int>()));

        using var changed = await Platform.Admin.PatchJsonAsync("/v1/connectors/rescued", new { dlrIdFormat = "hexToDec" });
        Assert.Null((await Platform.Admin.GetJsonAsync("/v1/connectors/rescued/receipts"))["advised"]);
        await Platform.Admin.GetAsync("/v1/connectors/nobody/receipts").ProblemAsync(HttpStatusCode.NotFound);
    }

    private async Task RescuedAsync(string connector, ReceiptRescue kind, string day)
    {
        var source = Platform.Services.GetRequiredService<NpgsqlDataSource>();
        await using var command = source.CreateCommand(
            "insert into receipt_rescues (connector, kind, count, last_at) values ($1, $2, 7, $3::timestamptz)"
        );
        command.Parameters.Add(new NpgsqlParameter { Value = connector });
        command.Parameters.Add(new NpgsqlParameter { Value = (short)kind });
        command.Parameters.Add(new NpgsqlParameter { Value = day, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }

    private static ReceiptReceived Receipt(int minute) =>
        new()
        {
            ReceiptId = Guid.CreateVersion7(At.AddMinutes(minute)),
            Operator = "tel",
            Connector = "north",
            OperatorId = "00AB",
            CanonicalId = "ab",
            TextId = "171",
            CanonicalTextId = "171",
            Source = new Party(1, 1, "491700000001"),
            State = MessageState.Failed,
            Stat = "UNDELIV",
            Error = "011",
            At = At.AddMinutes(minute),
        };
}

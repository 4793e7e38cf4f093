using System.Net;
using System.Net.Http.Json;

namespace AdminApi.IntegrationTests;

public sealed class OutageTests
{
    [Fact]
    public async Task A_database_that_is_away_is_503_with_a_time_to_retry_and_sending_goes_on()
    {
        await using var platform = await TestPlatform.StartAsync();
        var customer = await platform.CustomerAsync("acme");
        await platform.Database.TakeAwayAsync();

        foreach (var path in new[] { "/v1/accounts", "/v1/messages", "/v1/stats", "/v1/binds", "/v1/audit" })
        {
            using var response = await platform.Admin.GetAsync(path);
            await response.ProblemAsync(HttpStatusCode.ServiceUnavailable);
            Assert.NotNull(response.Headers.RetryAfter);
        }

        await platform.Admin.PostAsJsonAsync("/v1/accounts", new { id = "x", name = "x" }).ProblemAsync(HttpStatusCode.ServiceUnavailable);
        // The last configuration stays in force: keys are known, and what the queue stores is accepted.
        using var sent = await customer.PostAsJsonAsync(
            "/v1/messages",
            new
            {
                from = "A",
                to = "1",
                text = "x",
            }
        );
        Assert.Equal(HttpStatusCode.Accepted, sent.StatusCode);

        await platform.Database.BringBackAsync();
        Assert.Equal(["acme"], (await platform.Admin.GetJsonAsync("/v1/accounts")).Ids());
    }

    [Fact]
    public async Task A_start_waits_for_the_database()
    {
        var back = Task.CompletedTask;
        await using var platform = await TestPlatform.StartAsync(
            demo: true,
            beforeStart: async database =>
            {
                await database.TakeAwayAsync();
                back = Task.Run(database.BringBackAsync);
            }
        );
        await back;

        Assert.Equal(["demo"], (await platform.Admin.GetJsonAsync("/v1/accounts")).Ids());
    }
}

using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Smpp.Pdus;
using Smpp.Text;

namespace Testing.Smsc;

/// <summary>A simulator's HTTP interface, for scripts: what came, how many, and levers.</summary>
internal sealed class SmscHttp : IAsyncDisposable
{
    readonly WebApplication application;

    SmscHttp(WebApplication application) => this.application = application;

    public string Url =>
        application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "";

    public static async Task<SmscHttp> StartAsync(SmscSimulator simulator, int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var application = builder.Build();
        Map(application, simulator);
        await application.StartAsync();
        return new SmscHttp(application);
    }

    public async ValueTask DisposeAsync()
    {
        await application.StopAsync();
        await application.DisposeAsync();
    }

    static void Map(WebApplication application, SmscSimulator simulator)
    {
        application.MapGet("/messages", (int? limit) => simulator.Messages(limit ?? 100));
        application.MapGet("/stats", () => simulator.Stats);
        application.MapGet("/seconds", () => simulator.Seconds);
        application.MapGet("/doubled", () => simulator.Doubled);
        application.MapGet("/settings", () => simulator.Settings);
        application.MapPost("/settings", (JsonElement changes) => Change(simulator, changes));
        application.MapPost("/drop", () => new { dropped = simulator.DropAll() });
        application.MapPost(
            "/reset",
            () =>
            {
                simulator.Reset();
                return simulator.Stats;
            }
        );
        application.MapPost("/mo", (Mo mo, CancellationToken aborted) => SendAsync(simulator, mo, aborted));
    }

    // What the body names is changed, the rest stays.
    static IResult Change(SmscSimulator simulator, JsonElement changes)
    {
        try
        {
            var merged = JsonSerializer.SerializeToNode(simulator.Settings, JsonSerializerOptions.Web)!.AsObject();
            foreach (var change in changes.EnumerateObject())
            {
                if (!merged.ContainsKey(change.Name))
                {
                    return Results.BadRequest(new { error = $"There is no setting '{change.Name}'." });
                }
                merged[change.Name] = JsonSerializer.SerializeToNode(change.Value);
            }
            simulator.Settings = merged.Deserialize<SmscSettings>(JsonSerializerOptions.Web)!;
            return Results.Ok(simulator.Settings);
        }
        catch (Exception exception) when (exception is FormatException or JsonException or InvalidOperationException)
        {
            return Results.BadRequest(new { error = exception.Message });
        }
    }

    static async Task<IResult> SendAsync(SmscSimulator simulator, Mo mo, CancellationToken aborted)
    {
        byte[] content;
        byte dataCoding;
        try
        {
            var encoding = MessageText.Choose(mo.Text ?? "");
            content = mo.Hex is { } hex ? Convert.FromHexString(hex) : encoding.Encode(mo.Text ?? "");
            dataCoding = mo.DataCoding ?? (mo.Hex is null ? encoding.DataCoding : (byte)0);
        }
        catch (FormatException exception)
        {
            return Results.BadRequest(new { error = exception.Message });
        }
        var reply = await simulator.SendMoAsync(
            new DeliverSm
            {
                Source = new Address(mo.SourceTon ?? 1, 1, mo.Source),
                Destination = new Address(mo.DestinationTon ?? 1, 1, mo.Destination),
                EsmClass = mo.EsmClass ?? 0,
                DataCoding = dataCoding,
                ShortMessage = content,
            },
            mo.SystemId,
            aborted
        );
        return reply is { } answered
            ? Results.Ok(new { outcome = answered.Outcome.ToString(), status = answered.Status.ToString() })
            : Results.Conflict(new { error = "No receiving bind." });
    }

    sealed record Mo(
        string Source,
        string Destination,
        string? Text,
        string? Hex,
        byte? DataCoding,
        byte? EsmClass,
        byte? SourceTon,
        byte? DestinationTon,
        string? SystemId
    );
}

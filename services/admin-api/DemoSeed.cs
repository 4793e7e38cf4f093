using Microsoft.EntityFrameworkCore;
using Persistence.Configuration;
using Route = Persistence.Configuration.Route;

namespace AdminApi;

/// <summary>The demo (docs/interfaces.md): only where PLATFORM_DEMO=1 asks for it, and only while there is no account.</summary>
internal sealed class DemoSeed(IServiceScopeFactory scopes, PasswordSeal seal, AdminApiOptions options, ILogger<DemoSeed> logger)
{
    private const string Customer = "demo";
    private const string Simulator = "simulator";

    public async Task SeedAsync(CancellationToken cancellationToken)
    {
        if (!options.Demo)
        {
            return;
        }

        await using var scope = scopes.CreateAsyncScope();
        var edit = ConfigurationEdit.BySystem(scope.ServiceProvider);
        await using var turn = await edit.BeginAsync(cancellationToken);
        if (await edit.Db.Accounts.AnyAsync(cancellationToken))
        {
            return;
        }

        edit.Db.Accounts.Add(new Account { Id = Customer, Name = "Demo" });
        edit.Db.SmppUsers.Add(
            new SmppUser
            {
                SystemId = Customer,
                AccountId = Customer,
                PasswordHash = PasswordHash.Create("demo1234"),
                Window = 1000,
            }
        );
        // What somebody made before the first account stays as it is.
        if (!await edit.Db.Connectors.AnyAsync(connector => connector.Id == Simulator, cancellationToken))
        {
            edit.Db.Connectors.Add(
                new Connector
                {
                    Id = Simulator,
                    Operator = Simulator,
                    Host = "127.0.0.1",
                    Port = options.SmscPort,
                    SystemId = Simulator,
                    Password = seal.Seal(Simulator, Simulator),
                    Binds = 2,
                    Window = 500,
                }
            );
        }

        if (!await edit.Db.Routes.AnyAsync(route => route.Id == "default", cancellationToken))
        {
            edit.Db.Routes.Add(
                new Route
                {
                    Id = "default",
                    Priority = 1000,
                    Targets = [new RouteTarget(Simulator)],
                }
            );
        }

        await edit.CommitAsync(cancellationToken);
        AdminApiLog.Seeded(logger);
    }
}

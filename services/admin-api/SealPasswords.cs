using Microsoft.EntityFrameworkCore;
using Persistence.Configuration;

namespace AdminApi;

/// <summary>
/// At the start: connectors' passwords that are not sealed with the first key are sealed with it, so that a key can be given to a platform that
/// had none, and an old one be taken away after a new one has been put before it. No bind is touched: workers compare what is inside.
/// </summary>
internal sealed class SealPasswords(IServiceScopeFactory scopes, PasswordSeal seal, ILogger<SealPasswords> logger)
{
    public async Task SealAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var edit = ConfigurationEdit.BySystem(scope.ServiceProvider);
        await using var turn = await edit.BeginAsync(cancellationToken);
        foreach (var connector in await edit.Db.Connectors.Where(c => c.Password != null).ToListAsync(cancellationToken))
        {
            if (seal.IsCurrent(connector.Password!))
            {
                continue;
            }

            if (seal.TryOpen(connector.Id, connector.Password!, out var password, out var fault))
            {
                connector.Password = seal.Seal(connector.Id, password);
            }
            else
            {
                AdminApiLog.PasswordStaysClosed(logger, connector.Id, fault);
            }
        }

        await edit.CommitAsync(cancellationToken);
    }
}

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
        var connectors = edit.Db.Connectors.Where(c => c.Password != null || c.OutbindPassword != null);
        foreach (var connector in await connectors.ToListAsync(cancellationToken))
        {
            connector.Password = Sealed(connector.Id, connector.Password);
            connector.OutbindPassword = Sealed(connector.OutbindSealName, connector.OutbindPassword);
        }

        await edit.CommitAsync(cancellationToken);
    }

    private string? Sealed(string name, string? stored)
    {
        if (stored is null || seal.IsCurrent(stored))
        {
            return stored;
        }

        if (seal.TryOpen(name, stored, out var password, out var fault))
        {
            return seal.Seal(name, password);
        }

        AdminApiLog.PasswordStaysClosed(logger, name, fault);
        return stored;
    }
}

using System.Security.Cryptography;
using System.Text.Encodings.Web;
using AdminApi.Http;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Persistence.Snapshot;

namespace AdminApi.Authentication;

/// <summary>`Authorization: Bearer …` with the admin key or a customer's API key.</summary>
internal sealed class BearerKeys(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder,
    AdminKey adminKey,
    SnapshotSource snapshots
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "bearer-key";

    private const string Prefix = "Bearer ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        var token = header[Prefix.Length..].Trim();
        if (adminKey.Matches(token))
        {
            return Success(new AuthenticationTicket(Access.AdminKeyHolder(SchemeName), SchemeName));
        }

        if (
            ApiSecret.TryReadId(token, out var id)
            && snapshots.Current.ApiKeys.TryGetValue(id, out var key)
            && CryptographicOperations.FixedTimeEquals(key.SecretHash, ApiSecret.Hash(token))
        )
        {
            return Success(new AuthenticationTicket(Access.Customer(SchemeName, id, key.AccountId), SchemeName));
        }

        return Task.FromResult(AuthenticateResult.Fail("the key is not known, or was revoked"));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        // Before the first load nobody knows the customers' keys: a right one must not be called wrong.
        if (Request.Headers.Authorization.Count > 0 && !snapshots.Loaded.IsCompleted)
        {
            await Problems.Unavailable(Context, "The configuration is not loaded yet; try again shortly.").ExecuteAsync(Context);
            return;
        }

        Response.Headers.WWWAuthenticate = "Bearer realm=\"platform\"";
        await Problems
            .Of(StatusCodes.Status401Unauthorized, "Send a valid key: Authorization: Bearer <admin key or API key>.")
            .ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Problems.Forbidden("An API key may send and see its own account's messages, nothing else.").ExecuteAsync(Context);

    private static Task<AuthenticateResult> Success(AuthenticationTicket ticket) => Task.FromResult(AuthenticateResult.Success(ticket));
}

using System.ComponentModel;
using AdminApi.Authentication;
using AdminApi.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Persistence;
using Persistence.Configuration;

namespace AdminApi.Resources;

/// <summary>What a new key needs.</summary>
internal sealed record NewApiKey
{
    [Description("What the key is for, for people: 1-200 characters.")]
    public required string Name { get; init; }
}

/// <summary>A key as the API shows it: never its secret.</summary>
internal sealed record ApiKeyDocument(string Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset? RevokedAt)
{
    public static ApiKeyDocument From(ApiKey key) => new($"{key.Id:N}", key.Name, key.CreatedAt, key.RevokedAt);
}

/// <summary>A key just made.</summary>
internal sealed record CreatedApiKey(
    string Id,
    string Name,
    DateTimeOffset CreatedAt,
    [property: Description("To be sent as Authorization: Bearer <secret>. Shown this once; only its hash is kept.")] string Secret
);

/// <summary>`/v1/accounts/{account}/api-keys`.</summary>
internal static class ApiKeys
{
    public static void MapApiKeys(this IEndpointRouteBuilder v1)
    {
        var keys = v1.MapGroup("/accounts/{account}/api-keys").WithTags("api-keys").RequireAuthorization(Access.Admin);
        keys.MapGet("", ListAsync)
            .Describe("listApiKeys", "Lists an account's API keys, revoked ones included, by id.")
            .Finds<Page<ApiKeyDocument>>();
        keys.MapPost("", CreateAsync)
            .Describe("createApiKey", "Makes an API key; the answer alone has its secret.")
            .Creates<CreatedApiKey>();
        keys.MapGet("/{id}", GetAsync).Describe("getApiKey", "Shows an API key.").Finds<ApiKeyDocument>();
        keys.MapDelete("/{id}", RevokeAsync).Describe("revokeApiKey", "Revokes an API key, for good.").Deletes();
    }

    private static async Task<IResult> ListAsync(
        string account,
        [AsParameters] PageQuery page,
        PlatformDbContext db,
        CancellationToken cancellationToken
    )
    {
        if (!await db.Accounts.AnyAsync(a => a.Id == account, cancellationToken))
        {
            return Accounts.NotFound(account);
        }

        var keys = db.ApiKeys.AsNoTracking().Where(key => key.AccountId == account);
        if (page.After is { } after)
        {
            if (!Guid.TryParseExact(after, "N", out var last))
            {
                return Problems.Invalid("after", "must be the next of the page before");
            }

            keys = keys.Where(key => key.Id > last);
        }

        var found = await keys.OrderBy(key => key.Id).Take(page.Size + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(found, ApiKeyDocument.From, key => $"{key.Id:N}"));
    }

    private static async Task<IResult> GetAsync(string account, string id, PlatformDbContext db, CancellationToken cancellationToken) =>
        await FindAsync(db, account, id, cancellationToken) is { } key ? TypedResults.Ok(ApiKeyDocument.From(key)) : NotFound(account, id);

    private static async Task<IResult> CreateAsync(
        string account,
        Body<NewApiKey> body,
        ConfigurationEdit edit,
        TimeProvider time,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        var errors = new FieldErrors();
        errors.Length("name", body.Value.Name, 1, 200);
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        await using var turn = await edit.BeginAsync(cancellationToken);
        if (!await edit.Db.Accounts.AnyAsync(a => a.Id == account, cancellationToken))
        {
            return Accounts.NotFound(account);
        }

        var now = time.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var secret = ApiSecret.Create(id);
        var key = new ApiKey
        {
            Id = id,
            AccountId = account,
            Name = body.Value.Name,
            SecretHash = ApiSecret.Hash(secret),
            CreatedAt = now,
        };
        edit.Db.ApiKeys.Add(key);
        await edit.SaveAsync(cancellationToken);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created($"/v1/accounts/{account}/api-keys/{id:N}", new CreatedApiKey($"{id:N}", key.Name, now, secret));
    }

    private static async Task<IResult> RevokeAsync(
        string account,
        string id,
        ConfigurationEdit edit,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        await using var turn = await edit.BeginAsync(cancellationToken);
        if (await FindAsync(edit.Db, account, id, cancellationToken) is not { } key)
        {
            return NotFound(account, id);
        }

        // Revoking twice is no mistake; the first time counts.
        key.RevokedAt ??= time.GetUtcNow();
        await edit.SaveAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<ApiKey?> FindAsync(PlatformDbContext db, string account, string id, CancellationToken cancellationToken) =>
        Guid.TryParseExact(id, "N", out var guid)
            ? await db.ApiKeys.FirstOrDefaultAsync(key => key.AccountId == account && key.Id == guid, cancellationToken)
            : null;

    private static ProblemHttpResult NotFound(string account, string id) => Problems.NotFound($"Account {account} has no API key {id}.");
}

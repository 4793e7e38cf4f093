using System.ComponentModel;
using AdminApi.Authentication;
using AdminApi.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Persistence;
using Persistence.Configuration;
using Persistence.Ledger;

namespace AdminApi.Resources;

/// <summary>An account as the API shows and takes it.</summary>
internal sealed record AccountDocument
{
    [Description("Slug: 1-40 characters of a-z, 0-9 and dash. Given at creation, never changed.")]
    public string? Id { get; init; }

    [Description("The customer's name, for people.")]
    public required string Name { get; init; }

    [Description("A disabled account's users cannot bind or send.")]
    public bool Enabled { get; init; } = true;

    [Description("Message parts a second over all its users; null is unlimited, 0 is none.")]
    public int? RatePerSecond { get; init; }

    [Description("Parts that may be sent at once above the rate; null is one second's worth.")]
    public int? Burst { get; init; }

    [Description("How the account pays.")]
    public CreditMode CreditMode { get; init; } = CreditMode.None;

    public static AccountDocument From(Account account) =>
        new()
        {
            Id = account.Id,
            Name = account.Name,
            Enabled = account.Enabled,
            RatePerSecond = account.RatePerSecond,
            Burst = account.Burst,
            CreditMode = account.CreditMode,
        };

    public void Check(FieldErrors errors)
    {
        errors.Length("name", Name, 1, 200);
        errors.Range("ratePerSecond", RatePerSecond, 0, 1_000_000);
        errors.Range("burst", Burst, 1, 1_000_000);
    }

    public void WriteTo(Account account)
    {
        account.Name = Name;
        account.Enabled = Enabled;
        account.RatePerSecond = RatePerSecond;
        account.Burst = Burst;
        account.CreditMode = CreditMode;
    }
}

/// <summary>`/v1/accounts`.</summary>
internal static class Accounts
{
    public static void MapAccounts(this IEndpointRouteBuilder v1)
    {
        var accounts = v1.MapGroup("/accounts").WithTags("accounts").RequireAuthorization(Access.Admin);
        accounts.MapGet("", ListAsync).Describe("listAccounts", "Lists accounts by id.").Produces<Page<AccountDocument>>();
        accounts.MapPost("", CreateAsync).Describe("createAccount", "Creates an account.").Creates<AccountDocument>();
        accounts.MapGet("/{id}", GetAsync).Describe("getAccount", "Shows an account.").Finds<AccountDocument>();
        accounts
            .MapPut("/{id}", ReplaceAsync)
            .Describe("replaceAccount", "Replaces an account: what is left out gets its default.")
            .Changes<AccountDocument>();
        accounts
            .MapPatch("/{id}", PatchAsync)
            .Describe("patchAccount", "Changes the fields given (JSON merge patch).")
            .Changes<AccountDocument>();
        accounts
            .MapDelete("/{id}", DeleteAsync)
            .Describe("deleteAccount", "Deletes an account that nothing uses and that never had a message; disable it otherwise.")
            .Deletes();
    }

    private static async Task<IResult> ListAsync([AsParameters] PageQuery page, PlatformDbContext db, CancellationToken cancellationToken)
    {
        var accounts = db.Accounts.AsNoTracking();
        if (page.After is { } after)
        {
            accounts = accounts.Where(account => string.Compare(account.Id, after) > 0);
        }

        var found = await accounts.OrderBy(account => account.Id).Take(page.Size + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(found, AccountDocument.From, account => account.Id));
    }

    private static async Task<IResult> GetAsync(string id, PlatformDbContext db, CancellationToken cancellationToken) =>
        await db.Accounts.FindAsync([id], cancellationToken) is { } account ? TypedResults.Ok(AccountDocument.From(account)) : NotFound(id);

    private static async Task<IResult> CreateAsync(Body<AccountDocument> body, ConfigurationEdit edit, CancellationToken cancellationToken)
    {
        var document = body.Value;
        var errors = new FieldErrors();
        errors.NewId(document.Id);
        document.Check(errors);
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        await using var turn = await edit.BeginAsync(cancellationToken);
        if (await edit.Db.Accounts.AnyAsync(account => account.Id == document.Id, cancellationToken))
        {
            return Problems.Conflict($"There is an account {document.Id} already.");
        }

        var created = new Account { Id = document.Id!, Name = document.Name };
        document.WriteTo(created);
        edit.Db.Accounts.Add(created);
        await edit.SaveAsync(cancellationToken);
        return TypedResults.Created($"/v1/accounts/{created.Id}", AccountDocument.From(created));
    }

    private static Task<IResult> ReplaceAsync(
        string id,
        Body<AccountDocument> body,
        ConfigurationEdit edit,
        CancellationToken cancellationToken
    ) => UpdateAsync(id, edit, (_, _) => body.Value, cancellationToken);

    private static Task<IResult> PatchAsync(
        string id,
        Patch<AccountDocument> patch,
        ConfigurationEdit edit,
        CancellationToken cancellationToken
    ) => UpdateAsync(id, edit, patch.Apply, cancellationToken);

    private static async Task<IResult> UpdateAsync(
        string id,
        ConfigurationEdit edit,
        Func<AccountDocument, FieldErrors, AccountDocument?> change,
        CancellationToken cancellationToken
    )
    {
        await using var turn = await edit.BeginAsync(cancellationToken);
        if (await edit.Db.Accounts.FindAsync([id], cancellationToken) is not { } account)
        {
            return NotFound(id);
        }

        var errors = new FieldErrors();
        var document = change(AccountDocument.From(account), errors);
        document?.Check(errors);
        errors.SameId("id", document?.Id, id);
        if (document is null || errors.Any)
        {
            return Problems.Invalid(errors);
        }

        document.WriteTo(account);
        await edit.SaveAsync(cancellationToken);
        return TypedResults.Ok(AccountDocument.From(account));
    }

    private static async Task<IResult> DeleteAsync(
        string id,
        ConfigurationEdit edit,
        MessageLedger ledger,
        CancellationToken cancellationToken
    )
    {
        await using var turn = await edit.BeginAsync(cancellationToken);
        if (await edit.Db.Accounts.FindAsync([id], cancellationToken) is not { } account)
        {
            return NotFound(id);
        }

        if (await UseOfAsync(id, edit.Db, ledger, cancellationToken) is { } use)
        {
            return Problems.Conflict(use);
        }

        edit.Db.ApiKeys.RemoveRange(await edit.Db.ApiKeys.Where(key => key.AccountId == id).ToListAsync(cancellationToken));
        edit.Db.Accounts.Remove(account);
        await edit.SaveAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<string?> UseOfAsync(
        string id,
        PlatformDbContext db,
        MessageLedger ledger,
        CancellationToken cancellationToken
    )
    {
        if (await db.SmppUsers.AnyAsync(user => user.AccountId == id, cancellationToken))
        {
            return $"Account {id} has SMPP users: delete them first.";
        }

        if (await db.ApiKeys.AnyAsync(key => key.AccountId == id && key.RevokedAt == null, cancellationToken))
        {
            return $"Account {id} has API keys: revoke them first.";
        }

        var routes = await db.Routes.AsNoTracking().ToListAsync(cancellationToken);
        if (routes.Find(route => route.Match.Account == id) is { } route)
        {
            return $"Route {route.Id} matches account {id}: change the route first.";
        }

        // An id is never another customer's later: that one would see these messages.
        var balance = (await ledger.ReadBalanceAsync(cancellationToken)).Find(balance => balance.Account == id);
        return balance is { Accepted: > 0 } or { Recorded: > 0 }
            ? $"Account {id} has sent messages, which stay its own: disable it instead."
            : null;
    }

    public static ProblemHttpResult NotFound(string id) => Problems.NotFound($"There is no account {id}.");
}

using System.ComponentModel;
using System.Net;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using AdminApi.Authentication;
using AdminApi.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Persistence;
using Persistence.Configuration;

namespace AdminApi.Resources;

/// <summary>An SMPP user as the API shows and takes it.</summary>
internal sealed partial record SmppUserDocument
{
    [Description("The system_id, unique in the platform: 1-15 letters, digits, or any of _ - . @. Never changed.")]
    public string? SystemId { get; init; }

    [Description("1-8 printable ASCII characters (SMPP 3.4 section 5.2.2). Write-only: needed at creation, later left out to keep it.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Password { get; init; }

    [Description("Networks in CIDR notation, or single addresses, it may bind from; empty is any.")]
    public IReadOnlyList<string> AllowedIps { get; init; } = [];

    [Description("Binds at a time over the whole platform; null is any number.")]
    public int? MaxBinds { get; init; }

    [Description("Message parts a second over all its binds; null is unlimited, 0 is none.")]
    public int? RatePerSecond { get; init; }

    [Description("Unanswered requests per bind before ESME_RTHROTTLED: 1-10000.")]
    public int Window { get; init; } = 100;

    [Description("Bind types it may use; empty is all.")]
    public IReadOnlyList<BindType> BindTypes { get; init; } = [];

    [Description("The form in which it gets message ids.")]
    public MessageIdFormat MessageIdFormat { get; init; } = MessageIdFormat.Hex;

    [Description("A disabled user cannot bind.")]
    public bool Enabled { get; init; } = true;

    public static SmppUserDocument From(SmppUser user) =>
        new()
        {
            SystemId = user.SystemId,
            AllowedIps = user.AllowedIps,
            MaxBinds = user.MaxBinds,
            RatePerSecond = user.RatePerSecond,
            Window = user.Window,
            BindTypes = user.BindTypes,
            MessageIdFormat = user.MessageIdFormat,
            Enabled = user.Enabled,
        };

    public void CheckNew(FieldErrors errors)
    {
        if (SystemId is null || !SystemIdPattern().IsMatch(SystemId))
        {
            errors.Add("systemId", "is required: 1-15 letters, digits, or any of _ - . @");
        }

        if (Password is null)
        {
            errors.Add("password", "is required: 1-8 printable ASCII characters");
        }

        Check(errors);
    }

    public void Check(FieldErrors errors)
    {
        errors.SmppString("password", Password, 1, 8);
        errors.Range("maxBinds", MaxBinds, 1, 1000);
        errors.Range("ratePerSecond", RatePerSecond, 0, 1_000_000);
        errors.Range("window", Window, 1, 10_000);
        if (BindTypes.Contains(BindType.TransmitterReceiver))
        {
            errors.Add("bindTypes", "must be transmitter, receiver or transceiver: a pair is two of them");
        }

        for (var i = 0; i < AllowedIps.Count; i++)
        {
            if (Network(AllowedIps[i]) is null)
            {
                errors.Add($"allowedIps[{i}]", "must be a network as in 192.0.2.0/24 or 2001:db8::/32, or one address");
            }
        }
    }

    public void WriteTo(SmppUser user)
    {
        if (Password is not null)
        {
            user.PasswordHash = PasswordHash.Create(Password);
        }

        user.AllowedIps = [.. AllowedIps.Select(text => Network(text)!)];
        user.MaxBinds = MaxBinds;
        user.RatePerSecond = RatePerSecond;
        user.Window = Window;
        user.BindTypes = [.. BindTypes.Distinct()];
        user.MessageIdFormat = MessageIdFormat;
        user.Enabled = Enabled;
    }

    /// <summary>The network in its one spelling; a single address is a network of one.</summary>
    private static string? Network(string? text) =>
        IPNetwork.TryParse(text, out var network) ? network.ToString()
        : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8).ToString()
        : null;

    [GeneratedRegex("^[A-Za-z0-9_.@-]{1,15}\\z")]
    private static partial Regex SystemIdPattern();
}

/// <summary>`/v1/accounts/{account}/smpp-users`.</summary>
internal static class SmppUsers
{
    public static void MapSmppUsers(this IEndpointRouteBuilder v1)
    {
        var users = v1.MapGroup("/accounts/{account}/smpp-users").WithTags("smpp-users").RequireAuthorization(Access.Admin);
        users
            .MapGet("", ListAsync)
            .Describe("listSmppUsers", "Lists an account's SMPP users by system_id.")
            .Finds<Page<SmppUserDocument>>();
        users.MapPost("", CreateAsync).Describe("createSmppUser", "Creates an SMPP user.").Creates<SmppUserDocument>();
        users.MapGet("/{systemId}", GetAsync).Describe("getSmppUser", "Shows an SMPP user.").Finds<SmppUserDocument>();
        users
            .MapPut("/{systemId}", ReplaceAsync)
            .Describe("replaceSmppUser", "Replaces an SMPP user: what is left out gets its default, only the password is kept.")
            .Changes<SmppUserDocument>();
        users
            .MapPatch("/{systemId}", PatchAsync)
            .Describe("patchSmppUser", "Changes the fields given (JSON merge patch).")
            .Changes<SmppUserDocument>();
        users.MapDelete("/{systemId}", DeleteAsync).Describe("deleteSmppUser", "Deletes an SMPP user.").Deletes();
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

        var users = db.SmppUsers.AsNoTracking().Where(user => user.AccountId == account);
        if (page.After is { } after)
        {
            users = users.Where(user => string.Compare(user.SystemId, after) > 0);
        }

        var found = await users.OrderBy(user => user.SystemId).Take(page.Size + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(found, SmppUserDocument.From, user => user.SystemId));
    }

    private static async Task<IResult> GetAsync(
        string account,
        string systemId,
        PlatformDbContext db,
        CancellationToken cancellationToken
    ) =>
        await FindAsync(db, account, systemId, cancellationToken) is { } user
            ? TypedResults.Ok(SmppUserDocument.From(user))
            : NotFound(account, systemId);

    private static async Task<IResult> CreateAsync(
        string account,
        Body<SmppUserDocument> body,
        ConfigurationEdit edit,
        CancellationToken cancellationToken
    )
    {
        var document = body.Value;
        var errors = new FieldErrors();
        document.CheckNew(errors);
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        await using var turn = await edit.BeginAsync(cancellationToken);
        if (!await edit.Db.Accounts.AnyAsync(a => a.Id == account, cancellationToken))
        {
            return Accounts.NotFound(account);
        }

        if (await edit.Db.SmppUsers.AnyAsync(user => user.SystemId == document.SystemId, cancellationToken))
        {
            return Problems.Conflict($"The system_id {document.SystemId} is taken; it is unique in the platform.");
        }

        var created = new SmppUser
        {
            SystemId = document.SystemId!,
            AccountId = account,
            PasswordHash = "",
        };
        document.WriteTo(created);
        edit.Db.SmppUsers.Add(created);
        await edit.SaveAsync(cancellationToken);
        return TypedResults.Created($"/v1/accounts/{account}/smpp-users/{created.SystemId}", SmppUserDocument.From(created));
    }

    private static Task<IResult> ReplaceAsync(
        string account,
        string systemId,
        Body<SmppUserDocument> body,
        ConfigurationEdit edit,
        CancellationToken cancellationToken
    ) => UpdateAsync(account, systemId, edit, (_, _) => body.Value, cancellationToken);

    private static Task<IResult> PatchAsync(
        string account,
        string systemId,
        Patch<SmppUserDocument> patch,
        ConfigurationEdit edit,
        CancellationToken cancellationToken
    ) => UpdateAsync(account, systemId, edit, patch.Apply, cancellationToken);

    private static async Task<IResult> UpdateAsync(
        string account,
        string systemId,
        ConfigurationEdit edit,
        Func<SmppUserDocument, FieldErrors, SmppUserDocument?> change,
        CancellationToken cancellationToken
    )
    {
        await using var turn = await edit.BeginAsync(cancellationToken);
        if (await FindAsync(edit.Db, account, systemId, cancellationToken) is not { } user)
        {
            return NotFound(account, systemId);
        }

        var errors = new FieldErrors();
        var document = change(SmppUserDocument.From(user), errors);
        document?.Check(errors);
        errors.SameId("systemId", document?.SystemId, systemId);
        if (document is null || errors.Any)
        {
            return Problems.Invalid(errors);
        }

        document.WriteTo(user);
        await edit.SaveAsync(cancellationToken);
        return TypedResults.Ok(SmppUserDocument.From(user));
    }

    private static async Task<IResult> DeleteAsync(
        string account,
        string systemId,
        ConfigurationEdit edit,
        CancellationToken cancellationToken
    )
    {
        await using var turn = await edit.BeginAsync(cancellationToken);
        if (await FindAsync(edit.Db, account, systemId, cancellationToken) is not { } user)
        {
            return NotFound(account, systemId);
        }

        var routes = await edit.Db.Routes.AsNoTracking().ToListAsync(cancellationToken);
        if (routes.Find(route => route.Match.SystemId == systemId) is { } route)
        {
            return Problems.Conflict($"Route {route.Id} matches the SMPP user {systemId}: change the route first.");
        }

        edit.Db.SmppUsers.Remove(user);
        await edit.SaveAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static Task<SmppUser?> FindAsync(PlatformDbContext db, string account, string systemId, CancellationToken cancellationToken) =>
        db.SmppUsers.FirstOrDefaultAsync(user => user.AccountId == account && user.SystemId == systemId, cancellationToken);

    internal static ProblemHttpResult NotFound(string account, string systemId) =>
        Problems.NotFound($"Account {account} has no SMPP user {systemId}.");
}

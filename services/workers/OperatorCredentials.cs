using System.Collections.Concurrent;
using System.Text.Json;
using Amazon.Runtime;
using Aws;
using Aws.SecretsManager;
using Persistence.Configuration;
using Smpp;

namespace Workers;

/// <summary>
/// The connectors' passwords: sealed in the database, from the environment, or of AWS Secrets Manager, whose answers are kept for a while and
/// asked for anew as soon as an operator refuses one.
/// </summary>
/// <param name="seal">Opens what is sealed.</param>
/// <param name="settings">The environment.</param>
/// <param name="options">How long a secret is kept.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
/// <param name="aws">Credentials for Secrets Manager; null: those that AWS's chain finds.</param>
internal sealed class OperatorCredentials(
    PasswordSeal seal,
    IConfiguration settings,
    WorkersOptions options,
    TimeProvider time,
    ILogger<OperatorCredentials> logger,
    AWSCredentials? aws = null
) : IDisposable
{
    private readonly ConcurrentDictionary<string, Known> known = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim asking = new(1);

    // Not before a connector refers to it: it looks for AWS's credentials.
    private readonly Lazy<AmazonSecretsManagerClient> secrets = new(() =>
        new AmazonSecretsManagerClient(
            new AwsJsonConfig(AmazonSecretsManagerClient.Service, settings["AWS_ENDPOINT_URL_SECRETS_MANAGER"]),
            aws
        )
    );

    private sealed record Known(string Value, long At);

    /// <summary>Whether both bind, and are called, with the same passwords, however they are stored.</summary>
    public bool AreSame(Connector a, Connector b) =>
        a.SecretRef == b.SecretRef
        && AreSame((a.Id, a.Password), (b.Id, b.Password))
        && a.OutbindSecretRef == b.OutbindSecretRef
        && AreSame((a.OutbindSealName, a.OutbindPassword), (b.OutbindSealName, b.OutbindPassword));

    /// <summary>The password to bind with.</summary>
    /// <param name="connector">Whose.</param>
    /// <param name="refused">The one that the operator has just refused; null: none.</param>
    /// <param name="cancellationToken">The link stops.</param>
    /// <exception cref="SmppException">It can't be had now.</exception>
    public async ValueTask<string> PasswordAsync(Connector connector, string? refused, CancellationToken cancellationToken) =>
        await FindAsync(connector.Id, connector.Password, connector.SecretRef, refused, cancellationToken) ?? "";

    /// <summary>The password that the operator must call with; null: any.</summary>
    /// <param name="connector">Whose.</param>
    /// <param name="refused">One that the operator has just not called with; null: none.</param>
    /// <param name="cancellationToken">The connection ends.</param>
    /// <exception cref="SmppException">It can't be had now.</exception>
    public ValueTask<string?> OutbindPasswordAsync(Connector connector, string? refused, CancellationToken cancellationToken) =>
        FindAsync(connector.OutbindSealName, connector.OutbindPassword, connector.OutbindSecretRef, refused, cancellationToken);

    private bool AreSame((string SealName, string? Password) a, (string SealName, string? Password) b) =>
        a.Password == b.Password
        || a.Password is not null
            && b.Password is not null
            && seal.TryOpen(a.SealName, a.Password, out var one, out _)
            && seal.TryOpen(b.SealName, b.Password, out var other, out _)
            && one == other;

    private async ValueTask<string?> FindAsync(
        string sealName,
        string? stored,
        string? secretRef,
        string? refused,
        CancellationToken cancellationToken
    )
    {
        if (secretRef is null)
        {
            return stored is null ? null
                : seal.TryOpen(sealName, stored, out var password, out var fault) ? password
                : throw new SmppException($"The password can't be opened: {fault}.", isTransient: true);
        }

        if (!SecretReference.TryParse(secretRef, out var reference))
        {
            throw new SmppException($"secretRef must be {SecretReference.Form}.", isTransient: false);
        }

        if (reference.Variable is { } variable)
        {
            return settings[variable] ?? throw new SmppException($"The variable {variable} is not set.", isTransient: false);
        }

        return Member(reference, await SecretAsync(reference, refused, cancellationToken));
    }

    public void Dispose()
    {
        asking.Dispose();
        if (secrets.IsValueCreated)
        {
            secrets.Value.Dispose();
        }
    }

    private async Task<string> SecretAsync(SecretReference reference, string? refused, CancellationToken cancellationToken)
    {
        var id = reference.SecretId!;
        // One at a time: binds that start together ask once.
        await asking.WaitAsync(cancellationToken);
        try
        {
            var last = known.GetValueOrDefault(id);
            if (last is not null && time.GetElapsedTime(last.At) < options.SecretTtl && !IsRefused(last))
            {
                return last.Value;
            }

            try
            {
                using var deadline = new CancellationTokenSource(options.SecretTimeout, time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
                var answer = await secrets.Value.GetSecretValueAsync(new() { SecretId = id }, either.Token);
                var value = answer.SecretString ?? throw new SmppException($"The secret {id} holds no text.", isTransient: true);
                known[id] = new Known(value, time.GetTimestamp());
                return value;
            }
            catch (Exception e)
                when (e is AmazonClientException or AmazonServiceException or HttpRequestException or OperationCanceledException
                    && !cancellationToken.IsCancellationRequested
                )
            {
                if (last is null)
                {
                    throw new SmppException($"The secret {id} can't be read: {e.Message}", isTransient: true, e);
                }

                // An outage of Secrets Manager costs no bind: what was known goes on.
                WorkersLog.SecretStale(logger, id, e.Message);
                return last.Value;
            }
        }
        finally
        {
            asking.Release();
        }

        bool IsRefused(Known last)
        {
            try
            {
                return refused is not null && Member(reference, last.Value) == refused;
            }
            catch (SmppException)
            {
                return true;
            }
        }
    }

    private static string Member(SecretReference reference, string value)
    {
        if (reference.Key is null)
        {
            return value;
        }

        try
        {
            using var document = JsonDocument.Parse(value);
            if (
                document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty(reference.Key, out var member)
                && member.ValueKind == JsonValueKind.String
            )
            {
                return member.GetString()!;
            }
        }
        catch (JsonException)
        {
            // Told below, without the value.
        }

        throw new SmppException($"The secret {reference.SecretId} has no text under {reference.Key}.", isTransient: true);
    }
}

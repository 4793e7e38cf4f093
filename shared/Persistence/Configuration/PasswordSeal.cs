using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace Persistence.Configuration;

/// <summary>
/// Passwords that have to be shown to somebody else, an operator, and so can't be hashed: sealed with AES-256-GCM, written
/// "sealed$key id$nonce, ciphertext and tag". Whose it is (the connector's id, or <see cref="Connector.OutbindSealName"/>) is authenticated
/// with it, so that a row's password is of no use in another.
/// Without a key they are stored as given: on one machine, whoever reads the database reads the key as well.
/// </summary>
public sealed class PasswordSeal
{
    /// <summary>The setting: <c>id=key[,id=key…]</c>, each key 32 octets in base64. The first seals; all of them open.</summary>
    public const string Setting = "PLATFORM_SEALING_KEYS";

    private const string Scheme = "sealed$";
    private const int KeyLength = 32;

    private readonly string? current;
    private readonly Dictionary<string, byte[]> keys = new(StringComparer.Ordinal);

    /// <summary>Takes the keys from the configuration.</summary>
    /// <exception cref="FormatException">What is there is no list of keys.</exception>
    public PasswordSeal(IConfiguration configuration)
    {
        foreach (
            var pair in (configuration[Setting] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        )
        {
            // Base64 ends in the same character that separates id and key.
            var end = pair.IndexOf('=', StringComparison.Ordinal);
            var key = new byte[KeyLength + 1];
            if (
                end < 1
                || pair.AsSpan(0, end).Contains('$')
                || !Convert.TryFromBase64String(pair[(end + 1)..], key, out var length)
                || length != KeyLength
                || !keys.TryAdd(pair[..end], key[..KeyLength])
            )
            {
                throw new FormatException($"{Setting} must be id=key[,id=key…], each id once and each key {KeyLength} octets in base64");
            }

            current ??= pair[..end];
        }
    }

    /// <summary>Whether a stored value was written by <see cref="Seal"/>, with whichever key.</summary>
    public static bool IsSealed(string stored) => stored.StartsWith(Scheme, StringComparison.Ordinal);

    /// <summary>Whether a stored value is as <see cref="Seal"/> would write it today: with the first key, or plain where there is none.</summary>
    public bool IsCurrent(string stored) =>
        current is null ? !IsSealed(stored) : stored.StartsWith($"{Scheme}{current}$", StringComparison.Ordinal);

    /// <summary>Seals a connector's password with the first key; without one it is returned as it is.</summary>
    public string Seal(string connector, string password)
    {
        if (current is null)
        {
            return password;
        }

        var nonce = AesGcm.NonceByteSizes.MaxSize;
        var tag = AesGcm.TagByteSizes.MaxSize;
        var plain = Encoding.UTF8.GetBytes(password);
        var box = new byte[nonce + plain.Length + tag];
        RandomNumberGenerator.Fill(box.AsSpan(0, nonce));
        using var cipher = new AesGcm(keys[current], tag);
        cipher.Encrypt(
            box.AsSpan(0, nonce),
            plain,
            box.AsSpan(nonce, plain.Length),
            box.AsSpan(nonce + plain.Length),
            Encoding.UTF8.GetBytes(connector)
        );
        return $"{Scheme}{current}${Convert.ToBase64String(box)}";
    }

    /// <summary>The password of a connector; what was stored before there was a key is the password itself.</summary>
    /// <param name="connector">Whose it is.</param>
    /// <param name="stored">As stored.</param>
    /// <param name="password">The password.</param>
    /// <param name="fault">Why it can't be had: no such key here, or not what was sealed with it.</param>
    public bool TryOpen(string connector, string stored, [NotNullWhen(true)] out string? password, [NotNullWhen(false)] out string? fault)
    {
        (password, fault) = (stored, null);
        if (!IsSealed(stored))
        {
            return true;
        }

        password = null;
        if (stored.Split('$') is not [_, var id, var text] || !keys.TryGetValue(id, out var key))
        {
            fault = $"the key that sealed it is not among those of {Setting}";
            return false;
        }

        var nonce = AesGcm.NonceByteSizes.MaxSize;
        var tag = AesGcm.TagByteSizes.MaxSize;
        var box = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (!Convert.TryFromBase64String(text, box, out var length) || length < nonce + tag)
        {
            fault = "it is not what was sealed";
            return false;
        }

        var plain = new byte[length - nonce - tag];
        using var cipher = new AesGcm(key, tag);
        try
        {
            cipher.Decrypt(
                box.AsSpan(0, nonce),
                box.AsSpan(nonce, plain.Length),
                box.AsSpan(length - tag, tag),
                plain,
                Encoding.UTF8.GetBytes(connector)
            );
        }
        catch (AuthenticationTagMismatchException)
        {
            fault = "it is not what was sealed: another connector's, another key under the same id, or altered";
            return false;
        }

        password = Encoding.UTF8.GetString(plain);
        return true;
    }
}

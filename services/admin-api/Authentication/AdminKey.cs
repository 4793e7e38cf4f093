using System.Security.Cryptography;
using System.Text;

namespace AdminApi.Authentication;

/// <summary>The local admin key: who can read its file administrates this machine's platform.</summary>
internal sealed class AdminKey
{
    private const int MinLength = 16;

    private readonly byte[]? hash;

    public AdminKey(AdminApiOptions options)
    {
        if (options.AdminKeyFile is { } file)
        {
            var key = File.ReadAllText(file).Trim();
            hash =
                key.Length >= MinLength
                    ? Hash(key)
                    : throw new InvalidOperationException($"{file} must hold an admin key of {MinLength} characters or more");
        }
    }

    /// <summary>Compares hashes in constant time: neither the key's characters nor its length show in the time it takes.</summary>
    public bool Matches(string token) => hash is not null && CryptographicOperations.FixedTimeEquals(hash, Hash(token));

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace AdminApi.Authentication;

/// <summary>A customer's secret: the key's id, a dot, and 256 random bits. The SHA-256 of the whole is what is stored.</summary>
internal static class ApiSecret
{
    private const int IdLength = 32;
    private const int RandomBytes = 32;

    public static string Create(Guid id) => $"{id:N}.{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes))}";

    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>Finds the id in a secret.</summary>
    public static bool TryReadId(string secret, out Guid id)
    {
        id = default;
        return secret.Length > IdLength && secret[IdLength] == '.' && Guid.TryParseExact(secret.AsSpan(0, IdLength), "N", out id);
    }
}

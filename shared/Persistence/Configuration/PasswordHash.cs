using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Persistence.Configuration;

/// <summary>
/// Passwords as PBKDF2-HMAC-SHA256 (RFC 8018), written "pbkdf2-sha256$iterations$salt$hash" so that the cost can rise while stored
/// hashes keep verifying. SMPP passwords have at most 8 characters and are checked at every bind; 210,000 iterations cost some 60 ms
/// of one core, which is why the gateway caches, for a short time, what it has verified.
/// </summary>
public static class PasswordHash
{
    private const string Scheme = "pbkdf2-sha256";
    private const int Iterations = 210_000;
    private const int SaltLength = 16;
    private const int HashLength = 32;

    /// <summary>Hashes a new password.</summary>
    public static string Create(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        var hash = Derive(password, salt, Iterations);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Scheme}${Iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}"
        );
    }

    /// <summary>Compares in constant time. A stored value this class did not write verifies nothing.</summary>
    public static bool Verify(string stored, string password)
    {
        var fields = stored.Split('$');
        if (fields.Length != 4 || fields[0] != Scheme || !int.TryParse(fields[1], CultureInfo.InvariantCulture, out var iterations))
        {
            return false;
        }

        var expected = Convert.FromBase64String(fields[3]);
        return CryptographicOperations.FixedTimeEquals(expected, Derive(password, Convert.FromBase64String(fields[2]), iterations));
    }

    private static byte[] Derive(string password, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA256, HashLength);
}

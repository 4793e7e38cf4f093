namespace Smpp.Tests.Spec;

internal static class Mutations
{
    /// <summary>One to four octets changed, cut, repeated or put in.</summary>
    public static byte[] Mutate(byte[] octets, Random random)
    {
        var mutated = octets.ToList();
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            var at = random.Next(mutated.Count + 1);
            switch (random.Next(5))
            {
                case 0 when at < mutated.Count:
                    mutated[at] = (byte)random.Next(256);
                    break;
                case 1 when at < mutated.Count:
                    mutated[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    mutated.RemoveRange(at, random.Next(mutated.Count - at + 1));
                    break;
                case 3:
                    mutated.Insert(at, (byte)random.Next(256));
                    break;
                default:
                    mutated.InsertRange(at, mutated.Take(random.Next(30)).ToArray());
                    break;
            }
        }
        return [.. mutated];
    }
}

namespace Smpp.Fuzz;

/// <summary>What a decoder is fed with.</summary>
/// <param name="Octets">The octets; what else the target needs to know is in them, so that a saved input is all there is to a finding.</param>
/// <param name="Pdus">How many mutated PDUs they hold.</param>
readonly record struct FuzzInput(byte[] Octets, int Pdus);

/// <summary>Whether the decoder took the input. Both must happen: a fuzzer whose every input is refused tests one branch.</summary>
enum FuzzVerdict
{
    Taken,
    Refused,
}

/// <summary>A decoder, where its inputs come from, and what must hold for every one of them.</summary>
abstract class FuzzTarget
{
    public abstract string Name { get; }

    /// <summary>How often it is chosen, among the sum of all.</summary>
    public abstract int Weight { get; }

    public abstract FuzzInput Make(Random random);

    /// <summary>Throws whatever the decoder throws, and <see cref="FuzzFailure"/> where it returned what it must not.</summary>
    public abstract ValueTask<FuzzVerdict> CheckAsync(byte[] octets);

    protected static ValueTask<FuzzVerdict> Verdict(bool taken) => new(taken ? FuzzVerdict.Taken : FuzzVerdict.Refused);
}

/// <summary>An invariant did not hold.</summary>
sealed class FuzzFailure(string message) : Exception(message)
{
    public static void Unless(bool holds, string invariant)
    {
        if (!holds)
        {
            throw new FuzzFailure(invariant);
        }
    }
}

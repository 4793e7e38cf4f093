namespace Workers;

/// <summary>
/// Which of a connector's two lanes goes next: the high one first, with a floor of a tenth of what is sent for the normal one while both
/// have something waiting. What one lane does not use the other has. Counted in parts; not thread-safe.
/// </summary>
internal sealed class LaneShare
{
    /// <summary>Of what is sent while both lanes wait: enough that a flood of urgent messages never stops the others.</summary>
    public const double NormalFloor = 0.1;

    /// <summary>Parts over which the floor is kept: a long message may be ahead or behind by as much.</summary>
    private const double Window = 100;

    /// <summary>What the normal lane is owed, in parts; below 0 it had more than its floor.</summary>
    private double owed;

    /// <summary>True when the normal lane is next. At least one of the lanes has something.</summary>
    public bool IsNormalNext(bool highWaits, bool normalWaits) => !highWaits || (normalWaits && owed >= 1);

    /// <summary>Counts what was taken; what is taken while the other lane is empty took nothing from it.</summary>
    public void Took(bool isNormal, int parts, bool otherWaits)
    {
        if (!otherWaits)
        {
            owed = 0;
        }
        else
        {
            owed = Math.Clamp(owed + (isNormal ? -parts : parts * NormalFloor / (1 - NormalFloor)), -Window, Window);
        }
    }
}

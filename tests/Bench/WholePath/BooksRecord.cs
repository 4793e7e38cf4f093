using System.Globalization;

namespace Bench.WholePath;

/// <summary>The books of every second of a run, and where they did not balance.</summary>
sealed class BooksRecord
{
    /// <summary>
    /// Checkpoints of what was accepted are written every second; under load a statement may take as long again. What is recorded must
    /// have been accepted by then.
    /// </summary>
    const double CheckpointSeconds = 3;

    readonly List<Books> seconds = [];

    public IReadOnlyList<Books> Seconds => seconds;

    /// <summary>Seconds in which the books could not be read.</summary>
    public int Unread { get; private set; }

    public void Add(Books books) => seconds.Add(books);

    public void CouldNotRead() => Unread++;

    /// <summary>One line for each second that did not balance.</summary>
    public List<string> Faults()
    {
        var faults = new List<string>();
        for (var i = 0; i < seconds.Count; i++)
        {
            if (FaultAt(i) is { } fault)
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"{seconds[i].At:F1} s: {fault}"));
            }
        }

        return faults;
    }

    string? FaultAt(int index)
    {
        var now = seconds[index];
        if (now.Accepted != now.NotYetRecorded + now.Recorded)
        {
            return $"accepted {now.Accepted} is not {now.NotYetRecorded} not yet recorded + {now.Recorded} recorded";
        }

        if (now.States != now.Recorded)
        {
            return $"the states' sum {now.States} is not the {now.Recorded} recorded";
        }

        if (now.AcceptedOfAccounts != now.Accepted || now.StatesOfAccounts != now.States)
        {
            return $"the accounts' sums {now.AcceptedOfAccounts} and {now.StatesOfAccounts} are not the total's {now.Accepted} and {now.States}";
        }

        if (now.Least < 0)
        {
            return $"a state has {now.Least} messages";
        }

        if (
            index > 0
            && (
                now.Accepted < seconds[index - 1].Accepted
                || now.Final < seconds[index - 1].Final
                || now.Recorded < seconds[index - 1].Recorded
            )
        )
        {
            return "a count that only grows has fallen";
        }

        // The last read comes after everything is settled, so every second has a later one.
        var later = seconds.Find(books => books.At >= now.At + CheckpointSeconds) ?? seconds[^1];
        return now.Recorded > later.Accepted + later.MaybeAccepted
            ? $"{now.Recorded} were recorded, and only {later.Accepted} accepted {CheckpointSeconds} s later"
            : null;
    }
}

namespace Architecture.Tests;

/// <summary>Who may reference whom: the arrows of docs/architecture.md ("Rooms"). What is not listed is forbidden.</summary>
static class ReferenceRules
{
    /// <summary>Every room with what it may reference. A new project is added here first, with its folder.</summary>
    static readonly Dictionary<string, Room> Rooms = new(StringComparer.Ordinal)
    {
        // The libraries at the bottom know nothing of ours.
        ["Smpp"] = new("shared/Smpp"),
        ["Contracts"] = new("shared/Contracts"),
        ["Messaging"] = new("shared/Messaging"),
        // An adapter knows the seam that it fills, and nothing else.
        ["Messaging.Postgres"] = new("shared/Messaging.Postgres", "Messaging"),
        ["Messaging.Amqp"] = new("shared/Messaging.Amqp", "Messaging"),
        // AWS's services stand behind one room.
        ["Aws"] = new("shared/Aws"),
        ["Messaging.Sqs"] = new("shared/Messaging.Sqs", "Aws", "Messaging"),
        ["Persistence"] = new("shared/Persistence", "Contracts"),
        ["Throttling"] = new("shared/Throttling"),
        // Of the protocol, Policy needs the text side: alphabets and parts.
        ["Policy"] = new("shared/Policy", "Contracts", "Persistence", "Smpp"),
        // The only room that names every adapter.
        ["ServiceDefaults"] = new("shared/ServiceDefaults", "Messaging", "Messaging.Amqp", "Messaging.Postgres", "Messaging.Sqs"),
        // The services hand over through queues: none references another.
        ["SmppGateway"] = Service("services/smpp-gateway", "Smpp"),
        ["Router"] = Service("services/router"),
        ["Workers"] = Service("services/workers", "Aws", "Smpp"),
        ["DlrProcessor"] = Service("services/dlr-processor"),
        ["AdminApi"] = Service("services/admin-api", "Smpp"),
        ["Exporters"] = Service("services/exporters", "Smpp"),
        // The six in one process; nothing references it.
        ["Standalone"] = new(
            "services/standalone",
            "ServiceDefaults",
            "SmppGateway",
            "Router",
            "Workers",
            "DlrProcessor",
            "AdminApi",
            "Exporters"
        ),
        // The simulator, and what tests share.
        ["Testing"] = new("tests/Testing", "Smpp"),
        // It feeds the protocol library's decoders; its corpus and a short run are Smpp.Fuzz.Tests.
        ["Smpp.Fuzz"] = new("tests/Smpp.Fuzz", "Smpp", "Testing"),
        // It measures the stages one by one, and the whole path from outside.
        ["Bench"] = new(
            "tests/Bench",
            "Contracts",
            "Messaging",
            "Messaging.Amqp",
            "Messaging.Postgres",
            "Messaging.Sqs",
            "Persistence",
            "Smpp"
        ),
        ["Architecture.Tests"] = new("tests/Architecture.Tests"),
        ["Messaging.IntegrationTests"] = new(
            "tests/Messaging.IntegrationTests",
            "Messaging",
            "Messaging.Amqp",
            "Messaging.Postgres",
            "Messaging.Sqs",
            "Messaging.Tests",
            "Testing"
        ),
        // The queue's in-memory twin belongs to the queue's own tests.
        ["AdminApi.IntegrationTests"] = new("tests/AdminApi.IntegrationTests", "AdminApi", "Messaging.Tests", "Testing"),
        ["DlrProcessor.IntegrationTests"] = new("tests/DlrProcessor.IntegrationTests", "DlrProcessor", "Messaging.Tests", "Testing"),
        ["SmppGateway.Tests"] = new("tests/SmppGateway.Tests", "SmppGateway", "Messaging.Tests", "Testing"),
        ["Messaging.Postgres.Tests"] = new("tests/Messaging.Postgres.Tests", "Messaging.Postgres", "Messaging.Tests"),
        // The whole path is driven from outside, by the protocol and the database; contracts name the queues.
        ["Platform.FunctionalTests"] = new("tests/Platform.FunctionalTests", "Contracts", "Smpp", "Testing"),
    };

    static readonly string[] TestSuffixes = [".Tests", ".IntegrationTests", ".InteropTests", ".FunctionalTests"];

    /// <summary>Every way in which the projects break the rules, in words; empty when they keep them.</summary>
    public static IReadOnlyList<string> Violations(IReadOnlyList<ProjectFile> projects) => [.. projects.SelectMany(ViolationsOf)];

    static IEnumerable<string> ViolationsOf(ProjectFile project)
    {
        if (RoomOf(project.Name) is not { } room)
        {
            yield return $"{project.Name} ({project.Folder}) is not a known room: add it to ReferenceRules with what it may reference";
            yield break;
        }

        if (project.Folder != room.Folder)
        {
            yield return $"{project.Name} stands in {project.Folder}, its room is {room.Folder}";
        }

        foreach (var reference in project.Projects.Where(reference => !room.MayReference.Contains(reference)))
        {
            yield return $"{project.Name} must not reference {reference}";
        }

        // Contracts crosses every boundary: a package there would reach everybody.
        if (project.Name == "Contracts")
        {
            foreach (var package in project.Packages)
            {
                yield return $"Contracts must not reference the package {package}";
            }
        }
    }

    static Room? RoomOf(string name)
    {
        if (Rooms.TryGetValue(name, out var room))
        {
            return room;
        }

        // tests/X.Tests mirrors X: it may reference X and what tests share.
        var suffix = TestSuffixes.FirstOrDefault(suffix => name.EndsWith(suffix, StringComparison.Ordinal));
        return suffix is not null && Rooms.ContainsKey(name[..^suffix.Length])
            ? new Room($"tests/{name}", name[..^suffix.Length], "Testing")
            : null;
    }

    static Room Service(string folder, params string[] more) =>
        new(folder, ["Contracts", "Messaging", "Persistence", "Policy", "ServiceDefaults", "Throttling", .. more]);

    sealed record Room(string Folder, params string[] MayReference);
}

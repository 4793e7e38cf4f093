namespace Smpp.Fuzz;

/// <summary>
/// The malformed PDUs that were made by hand, one to a file, in a folder for each command. Each says what is wrong and what the answer is
/// (the tests hold a session to it); the fuzzer mutates them further.
/// </summary>
static class Corpus
{
    /// <summary>Where the files stand beside the program.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Corpus");

    /// <summary>The files by their names from <see cref="Folder"/> on.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Directory
            .EnumerateFiles(Folder, "*.hex", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Folder, file))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The files' octets.</summary>
    public static IReadOnlyList<byte[]> Octets { get; } = [.. Names.Select(name => HexFile.Parse(Text(name)))];

    public static string Text(string name) => File.ReadAllText(Path.Combine(Folder, name));
}

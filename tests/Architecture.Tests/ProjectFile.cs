using System.Xml.Linq;

namespace Architecture.Tests;

/// <summary>What a csproj file says about what its project needs.</summary>
sealed record ProjectFile(string Name, string Folder, IReadOnlyList<string> Projects, IReadOnlyList<string> Packages)
{
    /// <summary>Reads the text of a project file that stands at <paramref name="path"/> below the checkout.</summary>
    public static ProjectFile Parse(string path, string text)
    {
        var root = XDocument.Parse(text).Root!;
        return new ProjectFile(
            NameOf(path),
            Path.GetDirectoryName(path)!.Replace('\\', '/'),
            [.. Includes(root, "ProjectReference").Select(NameOf)],
            [.. Includes(root, "PackageReference")]
        );
    }

    /// <summary>Every project of the checkout, build outputs and packages left out.</summary>
    public static IReadOnlyList<ProjectFile> ReadAll(string checkout) =>
        [
            .. new[] { "shared", "services", "tests", "infra" }
                .Select(room => Path.Combine(checkout, room))
                .Where(Directory.Exists)
                .SelectMany(room => Directory.EnumerateFiles(room, "*.csproj", SearchOption.AllDirectories))
                .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "node_modules" or "bin" or "obj"))
                .Select(path => Parse(Path.GetRelativePath(checkout, path), File.ReadAllText(path)))
                .OrderBy(project => project.Name, StringComparer.Ordinal),
        ];

    /// <summary>The checkout that this test was built from: the nearest folder above with the solution.</summary>
    public static string FindCheckout()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Platform.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No Platform.sln above {AppContext.BaseDirectory}");
    }

    static IEnumerable<string> Includes(XElement root, string element) =>
        root.Descendants().Where(e => e.Name.LocalName == element).Select(e => (string?)e.Attribute("Include")).OfType<string>();

    static string NameOf(string path) => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'));
}

using Xunit;

namespace Architecture.Tests;

public sealed class ReferenceTests
{
    [Fact]
    public void Every_project_references_only_what_its_room_may()
    {
        var projects = ProjectFile.ReadAll(ProjectFile.FindCheckout());

        Assert.True(projects.Count >= 20, $"only {projects.Count} projects were found");
        Assert.Empty(ReferenceRules.Violations(projects));
    }

    [Theory]
    [InlineData("services/router/Router.csproj", "../workers/Workers.csproj", "Router must not reference Workers")]
    [InlineData("services/router/Router.csproj", "../../shared/Smpp/Smpp.csproj", "Router must not reference Smpp")]
    [InlineData("services/router/Router.csproj", @"..\standalone\Standalone.csproj", "Router must not reference Standalone")]
    [InlineData("shared/Contracts/Contracts.csproj", "../Messaging/Messaging.csproj", "Contracts must not reference Messaging")]
    [InlineData("shared/Smpp/Smpp.csproj", "../Contracts/Contracts.csproj", "Smpp must not reference Contracts")]
    [InlineData("shared/Messaging/Messaging.csproj", "../Contracts/Contracts.csproj", "Messaging must not reference Contracts")]
    [InlineData("shared/Persistence/Persistence.csproj", "../Policy/Policy.csproj", "Persistence must not reference Policy")]
    [InlineData("services/workers/Workers.csproj", "../../tests/Testing/Testing.csproj", "Workers must not reference Testing")]
    [InlineData("tests/Smpp.Tests/Smpp.Tests.csproj", "../../shared/Policy/Policy.csproj", "Smpp.Tests must not reference Policy")]
    public void A_reference_that_points_the_wrong_way_is_found(string path, string reference, string violation)
    {
        Assert.Equal([violation], ReferenceRules.Violations([Planted(path, $"<ProjectReference Include=\"{reference}\" />")]));
    }

    [Fact]
    public void A_package_in_Contracts_is_found()
    {
        var contracts = Planted("shared/Contracts/Contracts.csproj", "<PackageReference Include=\"Npgsql\" />");

        Assert.Equal(["Contracts must not reference the package Npgsql"], ReferenceRules.Violations([contracts]));
    }

    [Theory]
    [InlineData("shared/Common/Common.csproj")]
    [InlineData("tests/Common.Tests/Common.Tests.csproj")]
    public void A_project_that_the_table_does_not_know_is_found(string path)
    {
        var violation = Assert.Single(ReferenceRules.Violations([Planted(path, "")]));

        Assert.Contains("is not a known room", violation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_project_that_left_its_room_is_found()
    {
        Assert.Equal(
            ["Smpp stands in services/Smpp, its room is shared/Smpp"],
            ReferenceRules.Violations([Planted("services/Smpp/Smpp.csproj", "")])
        );
    }

    [Fact]
    public void What_the_table_allows_is_no_violation()
    {
        var workers = Planted(
            "services/workers/Workers.csproj",
            "<ProjectReference Include=\"../../shared/Smpp/Smpp.csproj\" /><ProjectReference Include=\"../../shared/Policy/Policy.csproj\" />"
        );

        Assert.Empty(ReferenceRules.Violations([workers]));
    }

    static ProjectFile Planted(string path, string items) =>
        ProjectFile.Parse(path, $"<Project Sdk=\"Microsoft.NET.Sdk\"><ItemGroup>{items}</ItemGroup></Project>");
}

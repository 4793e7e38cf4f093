using Microsoft.Extensions.Logging;
using Smpp.Sessions;
using Xunit;

namespace Smpp.Fuzz.Tests;

/// <summary>Each malformed PDU made by hand, and exactly the answer that its file states.</summary>
public class CorpusTests
{
    const uint EnquireSequence = 0x7FFFFFFE;

    public static TheoryData<string> Names => [.. Corpus.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_malformed_pdu_gets_the_answer_that_its_file_states(string name)
    {
        var expected = CorpusCase.Parse(Corpus.Text(name));
        await using var session = await CorpusSession.StartAsync(expected);
        await session.WriteAsync(expected.Octets);

        foreach (var answer in expected.Answers)
        {
            var read = await session.ReadAsync();
            Assert.Equal(answer, read?.Answer);
            Assert.True(answer.Status == CommandStatus.Ok || read?.BodyLength == 0, "an error response has no body");
        }
        if (expected.Reply is { } reply)
        {
            var (outcome, status) = await session.Reply!.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
            Assert.Equal(reply, (outcome, reply.Status is null ? null : status));
        }
        if (expected.After == SmppCloseReason.None)
        {
            var enquired = new ExpectedAnswer(CommandId.EnquireLinkResp, CommandStatus.Ok, EnquireSequence);
            Assert.Equal(enquired, await session.EnquireAsync(EnquireSequence));
            Assert.Equal(SmppCloseReason.None, session.CloseReason);
        }
        else
        {
            await session.EndAsync(byTime: expected.After == SmppCloseReason.ReadTimeout);
            Assert.Null(await session.ReadAsync());
            Assert.Equal(expected.After, session.CloseReason);
        }
        Assert.DoesNotContain(session.Log.Entries, entry => entry.Level >= LogLevel.Error);
    }

    [Fact]
    public void There_are_over_two_hundred_of_them_and_no_two_are_the_same()
    {
        Assert.InRange(Corpus.Names.Count, 200, int.MaxValue);
        var cases = Corpus.Names.Select(name => (Name: name, Case: CorpusCase.Parse(Corpus.Text(name)))).ToList();
        var twins = cases
            .GroupBy(entry => (entry.Case.Role, entry.Case.Mode, entry.Case.Waiting, Convert.ToHexString(entry.Case.Octets)))
            .Where(group => group.Count() > 1)
            .Select(group => string.Join(" and ", group.Select(entry => entry.Name)));
        Assert.Empty(twins);
    }

    [Fact]
    public void Every_request_has_its_folder()
    {
        var folders = Corpus.Names.Select(name => Path.GetDirectoryName(name)!.Replace("_", "", StringComparison.Ordinal)).ToHashSet();
        var requests = Enum.GetValues<CommandId>().Where(command => !command.IsResponse()).Select(command => command.ToString());
        Assert.All(requests, request => Assert.Contains(request.ToLowerInvariant(), folders));
    }
}

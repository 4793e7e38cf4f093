using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Smpp;
using Xunit;

namespace Platform.FunctionalTests;

/// <summary>What strangers send: each gets the answer of the fault table, the process lives, and a good customer notices nothing.</summary>
[Collection(PlatformTests.Name)]
public sealed class BadInputTests(RunningPlatform platform)
{
    [Fact]
    public async Task Random_bytes_end_only_their_own_session()
    {
        await using var good = await NodeEsme.BindAsync(platform.SmppPort);
        var random = new Random(20261121);
        for (var i = 0; i < 50; i++)
        {
            var bytes = new byte[random.Next(1, 4096)];
            random.NextBytes(bytes);
            // A length beyond the cap, whatever the rest says, so that the answer comes at once.
            bytes[0] |= 0x80;
            if (bytes.Length >= 4)
            {
                await AnsweredAndClosedAsync(bytes);
            }
        }

        await StillServedAsync(good);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")]
    public async Task A_browser_gets_generic_nack_and_is_closed(string request)
    {
        await using var good = await NodeEsme.BindAsync(platform.SmppPort);
        await AnsweredAndClosedAsync(Encoding.ASCII.GetBytes(request));
        await StillServedAsync(good);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(15u)]
    [InlineData(0x7FFFFFFFu)]
    [InlineData(0x80000000u)]
    [InlineData(0xFFFFFFFFu)]
    public async Task An_impossible_command_length_gets_generic_nack_and_is_closed(uint length)
    {
        await using var good = await NodeEsme.BindAsync(platform.SmppPort);
        await AnsweredAndClosedAsync(Pdu(length, CommandId.EnquireLink, 7));
        await StillServedAsync(good);
    }

    [Fact]
    public async Task A_submit_before_the_bind_gets_RINVBNDSTS_and_the_session_goes_on()
    {
        using var socket = await ConnectAsync();
        byte[] body = [0, 1, 1, .. "1"u8, 0, 1, 1, .. "491710"u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        await socket.SendAsync(Pdu((uint)(16 + body.Length), CommandId.SubmitSm, 1, body));
        var answer = await ReadPduAsync(socket);
        Assert.Equal((CommandId.SubmitSmResp, CommandStatus.InvBndSts, 1u), answer);

        await socket.SendAsync(Pdu(16, (CommandId)0x00000042, 2));
        Assert.Equal((CommandId.GenericNack, CommandStatus.InvCmdId, 2u), await ReadPduAsync(socket));
    }

    [Theory]
    [InlineData("demo", "wrong")]
    [InlineData("nobody", "demo1234")]
    public async Task A_wrong_password_and_an_unknown_user_get_the_same_answer_and_are_closed(string systemId, string password)
    {
        using var socket = await ConnectAsync();
        byte[] body = [.. Encoding.ASCII.GetBytes(systemId), 0, .. Encoding.ASCII.GetBytes(password), 0, 0, 0x34, 0, 0, 0];
        await socket.SendAsync(Pdu((uint)(16 + body.Length), CommandId.BindTransceiver, 1, body));
        Assert.Equal((CommandId.BindTransceiverResp, CommandStatus.InvPaswd, 1u), await ReadPduAsync(socket));
        await ClosedAsync(socket);
    }

    private async Task AnsweredAndClosedAsync(byte[] bytes)
    {
        using var socket = await ConnectAsync();
        await socket.SendAsync(bytes);
        var (command, status, _) = await ReadPduAsync(socket);
        Assert.Equal((CommandId.GenericNack, CommandStatus.InvCmdLen), (command, status));
        await ClosedAsync(socket);
    }

    /// <summary>The other session is answered, and the process is the same as before.</summary>
    private async Task StillServedAsync(NodeEsme good)
    {
        await good.DoAsync(new { op = "enquire" });
        Assert.Equal(0, (await good.NextAsync("enquire_link_resp")).GetProperty("status").GetInt32());
        Assert.True(Directory.Exists($"/proc/{platform.Pid("standalone")}"));
        using var ready = await platform.Metrics.GetAsync(new Uri("readyz", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 30_000 };
        await socket.ConnectAsync(IPAddress.Loopback, platform.SmppPort);
        return socket;
    }

    private static byte[] Pdu(uint length, CommandId command, uint sequence, byte[]? body = null)
    {
        var pdu = new byte[16 + (body?.Length ?? 0)];
        BinaryPrimitives.WriteUInt32BigEndian(pdu, length);
        BinaryPrimitives.WriteUInt32BigEndian(pdu.AsSpan(4), (uint)command);
        BinaryPrimitives.WriteUInt32BigEndian(pdu.AsSpan(12), sequence);
        body?.CopyTo(pdu, 16);
        return pdu;
    }

    private static async Task<(CommandId Command, CommandStatus Status, uint Sequence)> ReadPduAsync(Socket socket)
    {
        using var deadline = new CancellationTokenSource(RunningPlatform.Patience);
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        var header = new byte[16];
        await stream.ReadExactlyAsync(header, deadline.Token);
        var body = new byte[BinaryPrimitives.ReadUInt32BigEndian(header) - 16];
        await stream.ReadExactlyAsync(body, deadline.Token);
        return (
            (CommandId)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4)),
            (CommandStatus)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8)),
            BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(12))
        );
    }

    private static async Task ClosedAsync(Socket socket)
    {
        using var deadline = new CancellationTokenSource(RunningPlatform.Patience);
        try
        {
            Assert.Equal(0, await socket.ReceiveAsync(new byte[1], deadline.Token));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Closed with octets of ours unread: TCP says so by a reset.
        }
    }
}

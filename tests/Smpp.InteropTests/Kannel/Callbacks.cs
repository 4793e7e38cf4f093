using System.Collections.Specialized;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using System.Web;

namespace Smpp.InteropTests.Kannel;

/// <summary>The HTTP server that Kannel calls: with reports of delivery and with MO.</summary>
internal sealed class Callbacks : IAsyncDisposable
{
    readonly HttpListener listener = new();
    readonly Channel<NameValueCollection> reports = Channel.CreateUnbounded<NameValueCollection>();
    readonly Channel<NameValueCollection> messages = Channel.CreateUnbounded<NameValueCollection>();
    readonly Task serving;

    public Callbacks()
    {
        using (var socket = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            Url = $"http://127.0.0.1:{((IPEndPoint)socket.LocalEndPoint!).Port}/";
        }
        listener.Prefixes.Add(Url);
        listener.Start();
        serving = ServeAsync();
    }

    public string Url { get; }

    /// <summary>Kannel's placeholders: %d the kind of report, %F the SMSC's id, %A what the SMSC said.</summary>
    public string ReportUrl(string name) => $"{Url}report?name={name}&type=%d&id=%F&said=%A";

    public string MessageUrl => $"{Url}message?from=%p&to=%P&text=%b&coding=%c&charset=%C";

    public async Task<NameValueCollection> ReportAsync(TimeSpan patience) => await reports.Reader.ReadAsync().AsTask().WaitAsync(patience);

    public async Task<NameValueCollection> MessageAsync(TimeSpan patience) =>
        await messages.Reader.ReadAsync().AsTask().WaitAsync(patience);

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await serving;
        listener.Close();
    }

    async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return; // stopped
            }
            // Latin-1 keeps the octets of a binary or UTF-16 text apart, one a character.
            var query = HttpUtility.ParseQueryString(context.Request.Url!.Query, System.Text.Encoding.Latin1);
            (context.Request.Url.AbsolutePath == "/report" ? reports : messages).Writer.TryWrite(query);
            context.Response.Close();
        }
    }
}

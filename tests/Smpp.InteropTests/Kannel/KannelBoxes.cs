using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Smpp.InteropTests.Kannel;

/// <summary>Debian's Kannel as plain processes: bearerbox, which binds to an SMSC as an ESME, and smsbox, its HTTP interface. Loopback only.</summary>
internal sealed class KannelBoxes : IAsyncDisposable
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("kannel-");
    readonly HttpClient http = new() { Timeout = patience };
    readonly int admin = FreePort();
    readonly int boxes = FreePort();
    readonly int sendsms = FreePort();
    readonly Stack<Process> processes = new();
    readonly string configuration;

    KannelBoxes(int smscPort, string moUrl)
    {
        configuration = Path.Combine(folder.FullName, "kannel.conf");
        File.WriteAllText(configuration, Configuration(smscPort, moUrl));
    }

    /// <summary>
    /// Starts both; they know each other when this returns. The ESME binds to <paramref name="smscPort"/>; a MO calls
    /// <paramref name="moUrl"/> with Kannel's placeholders filled in.
    /// </summary>
    public static async Task<KannelBoxes> StartAsync(int smscPort, string moUrl)
    {
        var kannel = new KannelBoxes(smscPort, moUrl);
        kannel.Start("bearerbox");
        await kannel.UntilAsync(status => status is not null);
        kannel.Start("smsbox");
        // A MO that comes before smsbox has made itself known waits for a minute.
        await kannel.UntilAsync(status => status?.Contains("smsbox:", StringComparison.Ordinal) == true);
        return kannel;
    }

    /// <summary>What both wrote to their logs: for a failed test.</summary>
    public string Log => string.Join('\n', folder.GetFiles("*.log").Select(ReadShared));

    /// <summary>Submits through smsbox. The text is UTF-8 in the URL; Kannel converts it.</summary>
    public async Task<string> SendAsync(string text, string? dlrUrl = null, bool ucs2 = false)
    {
        var query = new Dictionary<string, string>
        {
            ["username"] = "tester",
            ["password"] = "tester",
            ["from"] = "Kannel",
            ["to"] = "436641234567",
            ["text"] = text,
            ["charset"] = "UTF-8",
        };
        if (ucs2)
        {
            query["coding"] = "2";
        }
        if (dlrUrl is not null)
        {
            query["dlr-mask"] = "27"; // delivered 1, failed 2, accepted by the SMSC 8, refused by it 16
            query["dlr-url"] = dlrUrl;
        }
        var encoded = string.Join('&', query.Select(pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value)}"));
        using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{sendsms}/cgi-bin/sendsms?{encoded}"));
        var body = await response.Content.ReadAsStringAsync();
        return response.StatusCode == HttpStatusCode.Accepted
            ? body
            : throw new InvalidOperationException($"sendsms: {response.StatusCode} {body}");
    }

    /// <summary>Tells bearerbox to end, in order: it unbinds.</summary>
    public async Task ShutDownAsync()
    {
        using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{admin}/shutdown?password=tester"));
        response.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
            await process.WaitForExitAsync().WaitAsync(patience);
            process.Dispose();
        }
        http.Dispose();
        folder.Delete(recursive: true);
    }

    string Configuration(int smscPort, string moUrl) =>
        $"""
            group = core
            admin-port = {admin}
            admin-interface = 127.0.0.1
            admin-password = tester
            smsbox-port = {boxes}
            smsbox-interface = 127.0.0.1
            box-deny-ip = "*.*.*.*"
            box-allow-ip = "127.0.0.1"
            dlr-storage = internal
            sms-resend-freq = 1
            log-file = "{folder.FullName}/bearerbox.log"
            log-level = 0

            group = smsc
            smsc = smpp
            smsc-id = ours
            host = 127.0.0.1
            port = {smscPort}
            transceiver-mode = true
            smsc-username = kannel
            smsc-password = secret
            system-type = "VMA"
            interface-version = 34
            enquire-link-interval = 1
            reconnect-delay = 1

            group = smsbox
            bearerbox-host = 127.0.0.1
            bearerbox-port = {boxes}
            sendsms-interface = 127.0.0.1
            sendsms-port = {sendsms}
            log-file = "{folder.FullName}/smsbox.log"
            log-level = 0

            group = sendsms-user
            username = tester
            password = tester
            concatenation = true
            max-messages = 10

            group = sms-service
            keyword = default
            get-url = "{moUrl}"
            max-messages = 0

            """;

    void Start(string box)
    {
        var start = new ProcessStartInfo($"/usr/sbin/{box}", [configuration])
        {
            WorkingDirectory = folder.FullName,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        // What it says on its terminal is in its log too; a full pipe would stop it.
        process.ErrorDataReceived += static (_, _) => { };
        process.OutputDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        processes.Push(process);
    }

    // It is not ours: there is nothing to wait on but its status page, null while it has none.
    async Task UntilAsync(Func<string?, bool> condition)
    {
        using var deadline = new CancellationTokenSource(patience);
        while (true)
        {
            string? status;
            try
            {
                status = await http.GetStringAsync(new Uri($"http://127.0.0.1:{admin}/status.txt?password=tester"), deadline.Token);
            }
            catch (HttpRequestException)
            {
                status = null;
            }
            if (condition(status))
            {
                return;
            }
            await Task.Delay(20, deadline.Token);
        }
    }

    static string ReadShared(FileInfo file)
    {
        using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}

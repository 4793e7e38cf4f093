using System.Buffers.Binary;
using Contracts;
using Messaging;
using Npgsql;
using Persistence.Ledger;
using Smpp;

namespace SmppGateway;

/// <summary>
/// query_sm, cancel_sm and replace_sm against the ledger: of the ESME's own account only, by any form of id, and only by who knows the
/// message's sender (SMPP 5.0 section 4.5). A bounded number at a time asks the database, and each ESME only so many of them, so that a flood
/// of them starves neither the database nor other ESMEs; beyond that ESME_RTHROTTLED.
/// </summary>
internal sealed partial class MessageRequests(
    GatewayOptions options,
    MessageLedger ledger,
    EnvelopeSender<MessageEvent> events,
    TimeProvider time,
    ILogger<MessageRequests> logger
) : IDisposable
{
    /// <summary>Clocks of two of our processes are not further apart; an id from the future is nobody's.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim turns = new(options.LookupsAtATime);
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> ofEsme = [];
    private int waiting;

    public void Dispose() => turns.Dispose();

    /// <summary>Asks the ledger when it is this request's turn.</summary>
    /// <returns>The status; <see cref="CommandStatus.Throttled"/> without a turn, <paramref name="whenAway"/> when the database is away.</returns>
    private async ValueTask<CommandStatus> InTurnAsync(
        EsmeSession esme,
        CommandStatus whenAway,
        Func<Task<CommandStatus>> ask,
        CancellationToken cancellationToken
    )
    {
        if (!TryQueue(esme.SystemId))
        {
            return CommandStatus.Throttled;
        }

        try
        {
            await turns.WaitAsync(cancellationToken);
            try
            {
                return await ask();
            }
            finally
            {
                turns.Release();
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
        {
            GatewayLog.LedgerNotAsked(logger, esme.SystemId, e.Message);
            return whenAway;
        }
        finally
        {
            Leave(esme.SystemId);
        }
    }

    private bool TryQueue(string systemId)
    {
        lock (gate)
        {
            var own = ofEsme.GetValueOrDefault(systemId);
            if (waiting >= options.LookupsWaiting || own >= options.LookupsPerEsme)
            {
                return false;
            }

            waiting++;
            ofEsme[systemId] = own + 1;
            return true;
        }
    }

    private void Leave(string systemId)
    {
        lock (gate)
        {
            waiting--;
            if (--ofEsme[systemId] == 0)
            {
                ofEsme.Remove(systemId);
            }
        }
    }

    private static CustomerKey Key(EsmeSession esme, WireId wire, Smpp.Pdus.Address source) =>
        new(esme.Account, wire.Text, wire.Id, Parties.Of(source));

    /// <summary>
    /// Whether a message of that id may have been accepted and not recorded yet: its id tells when it was made. A short one does not; it is
    /// believed.
    /// </summary>
    private bool MayBeUnrecorded(WireId wire)
    {
        if (wire.Id is not { } id)
        {
            return true;
        }

        Span<byte> octets = stackalloc byte[16];
        id.Value.TryWriteBytes(octets, bigEndian: true, out _);
        var milliseconds = (BinaryPrimitives.ReadInt64BigEndian(octets) >> 16) & 0xFFFF_FFFF_FFFF;
        var now = time.GetUtcNow();
        return id.Value.Version == 7
            && milliseconds >= (now - options.UnrecordedFor).ToUnixTimeMilliseconds()
            && milliseconds <= (now + ClockSkew).ToUnixTimeMilliseconds();
    }

    private static CommandStatus Status(ChangeResult result, CommandStatus tooLate) =>
        result switch
        {
            ChangeResult.Done => CommandStatus.Ok,
            ChangeResult.OtherSource => CommandStatus.InvSrcAdr,
            ChangeResult.OtherDestination => CommandStatus.InvDstAdr,
            ChangeResult.NotFound => CommandStatus.InvMsgId,
            _ => tooLate,
        };
}

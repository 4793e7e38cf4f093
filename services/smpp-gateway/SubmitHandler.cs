using Contracts;
using Messaging;
using Persistence.Ledger;
using ServiceDefaults;
using Smpp;
using Smpp.Pdus;
using Smpp.Tlvs;

namespace SmppGateway;

/// <summary>
/// submit_sm, data_sm and submit_multi → queue <c>submit</c>. OK is answered only after the queue has confirmed the message; everything
/// else is answered with the status that tells the client whether to try again.
/// </summary>
internal sealed partial class SubmitHandler(
    GatewayOptions options,
    SubmitRates rates,
    ClientIds ids,
    EnvelopeSender<MessageSubmitted> queue,
    AcceptCounter counter,
    GatewayMetrics metrics,
    TimeProvider time
)
{
    public async ValueTask<SubmitSmResp> SubmitAsync(EsmeSession esme, SubmitSm pdu)
    {
        var answer = await AnswerAsync(esme, pdu);
        metrics.Submitted(answer.Status);
        return answer;
    }

    private ValueTask<SubmitSmResp> AnswerAsync(EsmeSession esme, SubmitSm pdu)
    {
        // :: Step 1: what can be refused at once.
        var now = time.GetUtcNow();
        var status = SubmitRules.Destination(pdu.Destination);
        if (status == CommandStatus.Ok)
        {
            status = SubmitRules.Check(pdu, esme.Version, now, options, out var terms);
            if (status == CommandStatus.Ok)
            {
                return AcceptAsync(esme, pdu, now, terms);
            }
        }

        return new(SubmitSmResp.Rejected(status));
    }

    private async ValueTask<SubmitSmResp> AcceptAsync(EsmeSession esme, SubmitSm pdu, DateTimeOffset now, SubmitTerms terms)
    {
        // :: Step 2: the rates; then one contract record. The id is made here and never renamed.
        if (!rates.TryTake(esme, terms.Parts))
        {
            return SubmitSmResp.Rejected(CommandStatus.Throttled);
        }

        var id = MessageId.New(now);
        if (!ids.TryName(esme, id, out var clientId))
        {
            return SubmitSmResp.Rejected(CommandStatus.MsgQFul);
        }

        var message = Message(esme, pdu, id, clientId, now, terms);

        // :: Step 3: store. The wait is not cancelled with the session: once handed over, the message's fate is the queue's answer.
        var outcome = await queue.SendAsync(message, CancellationToken.None);

        FaultPoints.Pass(FaultPoints.AcceptedBeforeAnswer);

        // :: Step 4: answer by what the queue said.
        var status = Told(message.Account, outcome);
        return status == CommandStatus.Ok
            ? SubmitSmResp.Accepted(message.ClientId ?? message.Id.ToString())
            : SubmitSmResp.Rejected(status);
    }

    /// <summary>Counts what the client is told of a message, for the books, and gives its status.</summary>
    private CommandStatus Told(string account, SendOutcome outcome)
    {
        switch (outcome)
        {
            case SendOutcome.Stored:
                counter.Accepted(account);
                return CommandStatus.Ok;
            case SendOutcome.Unknown:
                counter.MaybeAccepted(account);
                return CommandStatus.SysErr;
            default:
                return CommandStatus.MsgQFul;
        }
    }

    private static MessageSubmitted Message(
        EsmeSession esme,
        SubmitSm pdu,
        MessageId id,
        string? clientId,
        DateTimeOffset now,
        SubmitTerms terms
    )
    {
        var tlvs = pdu.IsPayload ? pdu.Tlvs.Without(TlvTag.MessagePayload) : pdu.Tlvs;
        return new MessageSubmitted
        {
            Id = id,
            Account = esme.Account,
            SystemId = esme.SystemId,
            Origin = Origin.Smpp,
            ClientId = clientId,
            Source = Parties.Of(pdu.Source),
            Destination = Parties.Of(pdu.Destination),
            ServiceType = pdu.ServiceType,
            EsmClass = pdu.EsmClass,
            ProtocolId = pdu.ProtocolId,
            PriorityFlag = pdu.PriorityFlag,
            RegisteredDelivery = pdu.RegisteredDelivery,
            DataCoding = pdu.DataCoding,
            Content = pdu.Content,
            IsPayload = pdu.IsPayload,
            Tlvs = tlvs.Encoded,
            Parts = terms.Parts,
            AcceptedAt = now,
            ValidUntil = terms.ValidUntil,
            ScheduledAt = terms.ScheduledAt,
        };
    }
}

/// <summary>Addresses of the protocol and of the contracts.</summary>
internal static class Parties
{
    public static Party Of(Address address) => new(address.Ton, address.Npi, address.Digits);

    public static Address Of(Party party) => new(party.Ton, party.Npi, party.Digits);
}

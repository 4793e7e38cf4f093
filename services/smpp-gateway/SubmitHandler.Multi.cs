using Contracts;
using Smpp;
using Smpp.Pdus;

namespace SmppGateway;

internal sealed partial class SubmitHandler
{
    /// <summary>
    /// submit_multi (section 4.2.3): one id for the customer, a message of its own for each destination. What a destination failed by is said
    /// of it in the answer; OK when at least one is stored, and only once all that will be are.
    /// </summary>
    public async ValueTask<SubmitMultiResp> SubmitMultiAsync(EsmeSession esme, SubmitMulti pdu)
    {
        var answer = await AnswerAsync(esme, pdu);
        metrics.Submitted(answer.Status);
        return answer;
    }

    private async ValueTask<SubmitMultiResp> AnswerAsync(EsmeSession esme, SubmitMulti pdu)
    {
        // :: Step 1: what all have in common, then each destination.
        var now = time.GetUtcNow();
        var common = Common(pdu);
        var status = SubmitRules.Check(common, esme.Version, now, options, out var terms);
        if (status != CommandStatus.Ok)
        {
            return SubmitMultiResp.Rejected(status);
        }

        var unsuccessful = new List<UnsuccessfulDestination>();
        var destinations = new List<Address>(pdu.Destinations.Count);
        foreach (var destination in pdu.Destinations)
        {
            if (destination.ListName is { } list)
            {
                // There are no distribution lists; the answer has room for an address only, so the name stands in it.
                unsuccessful.Add(new UnsuccessfulDestination(new Address(0, 0, list), CommandStatus.CntSubDl));
            }
            else if (SubmitRules.Destination(destination.Address) is var fault and not CommandStatus.Ok)
            {
                unsuccessful.Add(new UnsuccessfulDestination(destination.Address, fault));
            }
            else
            {
                destinations.Add(destination.Address);
            }
        }

        if (destinations.Count == 0)
        {
            return new SubmitMultiResp { Status = CommandStatus.SubmitFail, Unsuccessful = unsuccessful };
        }

        // :: Step 2: the rates count every message; one without room is no reason to send the others.
        if (!rates.TryTake(esme, terms.Parts * destinations.Count))
        {
            return SubmitMultiResp.Rejected(CommandStatus.Throttled);
        }

        // :: Step 3: the messages. The group is named after the first, so that its id tells the time of all.
        var first = MessageId.New(now);
        if (!ids.TryName(esme, first, out var clientId))
        {
            return SubmitMultiResp.Rejected(CommandStatus.MsgQFul);
        }

        var group = clientId ?? first.ToString();
        var messages = destinations.ConvertAll(destination =>
            Message(esme, common with { Destination = destination }, MessageId.New(now), group, now, terms)
        );
        messages[0] = messages[0] with { Id = first, ClientId = clientId };

        // :: Step 4: store and answer, each by what the queue said.
        var outcomes = await queue.SendEachAsync(messages, CancellationToken.None);
        var stored = 0;
        for (var i = 0; i < outcomes.Length; i++)
        {
            status = Told(esme.Account, outcomes[i]);
            if (status == CommandStatus.Ok)
            {
                stored++;
            }
            else
            {
                unsuccessful.Add(new UnsuccessfulDestination(destinations[i], status));
            }
        }

        return stored > 0 ? SubmitMultiResp.Accepted(group, unsuccessful) : SubmitMultiResp.Rejected(status);
    }

    internal static SubmitSm Common(SubmitMulti pdu) =>
        new()
        {
            ServiceType = pdu.ServiceType,
            Source = pdu.Source,
            EsmClass = pdu.EsmClass,
            ProtocolId = pdu.ProtocolId,
            PriorityFlag = pdu.PriorityFlag,
            ScheduleDeliveryTime = pdu.ScheduleDeliveryTime,
            ValidityPeriod = pdu.ValidityPeriod,
            RegisteredDelivery = pdu.RegisteredDelivery,
            ReplaceIfPresentFlag = pdu.ReplaceIfPresentFlag,
            DataCoding = pdu.DataCoding,
            SmDefaultMsgId = pdu.SmDefaultMsgId,
            ShortMessage = pdu.ShortMessage,
            Tlvs = pdu.Tlvs,
        };
}

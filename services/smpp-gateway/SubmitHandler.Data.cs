using Smpp;
using Smpp.Pdus;
using Smpp.Tlvs;

namespace SmppGateway;

internal sealed partial class SubmitHandler
{
    /// <summary>
    /// data_sm (section 4.2.2) is a submit_sm whose content is the TLV message_payload. What it has no fields for is as a submit_sm's left
    /// empty. An address may be longer here on the wire; the network's is not.
    /// </summary>
    public async ValueTask<DataSmResp> DataAsync(EsmeSession esme, DataSm pdu)
    {
        if (!pdu.Tlvs.Contains(TlvTag.MessagePayload))
        {
            metrics.Submitted(CommandStatus.MissingTlv);
            return DataSmResp.Rejected(CommandStatus.MissingTlv);
        }

        var answer = await SubmitAsync(
            esme,
            new SubmitSm
            {
                ServiceType = pdu.ServiceType,
                Source = pdu.Source,
                Destination = pdu.Destination,
                EsmClass = pdu.EsmClass,
                RegisteredDelivery = pdu.RegisteredDelivery,
                DataCoding = pdu.DataCoding,
                Tlvs = pdu.Tlvs,
            }
        );
        return answer.Status == CommandStatus.Ok ? DataSmResp.Accepted(answer.MessageId) : DataSmResp.Rejected(answer.Status);
    }
}

using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;

namespace SmppGateway;

/// <content>What a bound ESME asks for; each request's own file says what happens.</content>
internal sealed partial class EsmeHandler
{
    /// <inheritdoc />
    public override ValueTask<SubmitSmResp> OnSubmitSmAsync(SmppSession session, SubmitSm pdu, CancellationToken cancellationToken) =>
        sessions.Find(session) is { } esme ? submits.SubmitAsync(esme, pdu) : new(SubmitSmResp.Rejected(CommandStatus.InvBndSts));

    /// <inheritdoc />
    public override ValueTask<SubmitMultiResp> OnSubmitMultiAsync(
        SmppSession session,
        SubmitMulti pdu,
        CancellationToken cancellationToken
    ) => sessions.Find(session) is { } esme ? submits.SubmitMultiAsync(esme, pdu) : new(SubmitMultiResp.Rejected(CommandStatus.InvBndSts));

    /// <inheritdoc />
    public override ValueTask<DataSmResp> OnDataSmAsync(SmppSession session, DataSm pdu, CancellationToken cancellationToken) =>
        sessions.Find(session) is { } esme ? submits.DataAsync(esme, pdu) : new(DataSmResp.Rejected(CommandStatus.InvBndSts));

    /// <inheritdoc />
    public override async ValueTask<QuerySmResp> OnQuerySmAsync(SmppSession session, QuerySm pdu, CancellationToken cancellationToken) =>
        sessions.Find(session) is { } esme
            ? await requests.QueryAsync(esme, pdu, cancellationToken)
            : QuerySmResp.Rejected(CommandStatus.InvBndSts);

    /// <inheritdoc />
    public override async ValueTask<CancelSmResp> OnCancelSmAsync(SmppSession session, CancelSm pdu, CancellationToken cancellationToken) =>
        sessions.Find(session) is { } esme
            ? await requests.CancelAsync(esme, pdu, cancellationToken)
            : CancelSmResp.Rejected(CommandStatus.InvBndSts);

    /// <inheritdoc />
    public override async ValueTask<ReplaceSmResp> OnReplaceSmAsync(
        SmppSession session,
        ReplaceSm pdu,
        CancellationToken cancellationToken
    ) =>
        sessions.Find(session) is { } esme
            ? await requests.ReplaceAsync(esme, pdu, cancellationToken)
            : ReplaceSmResp.Rejected(CommandStatus.InvBndSts);
}

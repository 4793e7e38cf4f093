using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;
using Smpp.Tlvs;

namespace Testing.Smsc;

/// <content>What it answers.</content>
public sealed partial class SmscSimulator
{
    const byte InterfaceVersion = 0x34;

    sealed class Handler(SmscSimulator smsc) : SmppSessionHandler
    {
        bool counted;

        public override ValueTask<BindResp> OnBindAsync(SmppSession session, Bind bind, CancellationToken cancellationToken)
        {
            if (bind.SystemId != smsc.options.SystemId || bind.Password != smsc.options.Password)
            {
                return new(BindResp.Rejected(CommandStatus.InvPaswd));
            }
            counted = true;
            var now = Interlocked.Increment(ref smsc.binds);
            if (smsc.options.MaxBinds > 0 && now > smsc.options.MaxBinds)
            {
                return new(BindResp.Rejected(CommandStatus.AlyBnd));
            }
            for (var max = smsc.bindsMax; now > max; max = smsc.bindsMax)
            {
                Interlocked.CompareExchange(ref smsc.bindsMax, now, max);
            }
            return new(BindResp.Accepted(smsc.options.SystemId, InterfaceVersion));
        }

        public override ValueTask OnBoundAsync(SmppSession session, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref smsc.bindsTotal);
            smsc.bound[session] = true;
            smsc.BindsChanged?.Invoke();
            return default;
        }

        public override ValueTask OnClosedAsync(SmppSession session, SmppCloseReason reason, IReadOnlyList<IPdu> unanswered)
        {
            if (counted)
            {
                Interlocked.Decrement(ref smsc.binds);
            }
            if (smsc.bound.TryRemove(session, out _))
            {
                smsc.BindsChanged?.Invoke();
            }
            return default;
        }

        public override ValueTask<SubmitSmResp> OnSubmitSmAsync(SmppSession session, SubmitSm pdu, CancellationToken cancellationToken)
        {
            var settings = smsc.Settings;
            var number = Interlocked.Increment(ref smsc.submits);
            if (!smsc.rates.TryTake(settings.Tps))
            {
                Interlocked.Increment(ref smsc.refused);
                return new(SubmitSmResp.Rejected(CommandStatus.Throttled));
            }
            return settings.ResponseDelay == 0 && !settings.Silent
                ? new(Take(session, pdu, settings, number))
                : TakeLaterAsync(session, pdu, settings, number, cancellationToken);
        }

        public override ValueTask<DataSmResp> OnDataSmAsync(SmppSession session, DataSm pdu, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref smsc.submits);
            var id = Take(
                session,
                new SubmitSm
                {
                    Source = pdu.Source,
                    Destination = pdu.Destination,
                    EsmClass = pdu.EsmClass,
                    DataCoding = pdu.DataCoding,
                    RegisteredDelivery = pdu.RegisteredDelivery,
                    Tlvs = pdu.Tlvs,
                },
                smsc.Settings
            );
            return new(DataSmResp.Accepted(id));
        }

        public override ValueTask<QuerySmResp> OnQuerySmAsync(SmppSession session, QuerySm pdu, CancellationToken cancellationToken) =>
            new(
                smsc.journal.Find(pdu.MessageId) is null
                    ? QuerySmResp.Rejected(CommandStatus.QueryFail)
                    : new QuerySmResp { MessageId = pdu.MessageId, MessageState = 2 }
            );

        public override ValueTask<CancelSmResp> OnCancelSmAsync(SmppSession session, CancelSm pdu, CancellationToken cancellationToken) =>
            new(CancelSmResp.Rejected(CommandStatus.CancelFail)); // everything here is delivered already

        async ValueTask<SubmitSmResp> TakeLaterAsync(
            SmppSession session,
            SubmitSm pdu,
            SmscSettings settings,
            long number,
            CancellationToken cancellationToken
        )
        {
            var delay = settings.Silent ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(settings.ResponseDelay);
            if (settings.Silent)
            {
                Take(session, pdu, settings);
            }
            await Task.Delay(delay, smsc.time, cancellationToken);
            return Take(session, pdu, settings, number);
        }

        SubmitSmResp Take(SmppSession session, SubmitSm pdu, SmscSettings settings, long number)
        {
            if (settings.SubmitStatus != CommandStatus.Ok && number % settings.StatusEvery == 0)
            {
                Interlocked.Increment(ref smsc.refused);
                return SubmitSmResp.Rejected(settings.SubmitStatus);
            }
            return SubmitSmResp.Accepted(Take(session, pdu, settings));
        }

        string Take(SmppSession session, SubmitSm pdu, SmscSettings settings)
        {
            Interlocked.Increment(ref smsc.accepted);
            var content = pdu.Content;
            var message = new SmscMessage
            {
                Id = smsc.NextId(),
                SystemId = session.SystemId,
                Source = pdu.Source.Digits,
                Destination = pdu.Destination.Digits,
                EsmClass = pdu.EsmClass,
                DataCoding = pdu.DataCoding,
                RegisteredDelivery = pdu.RegisteredDelivery,
                Hex = Convert.ToHexStringLower(content.Span),
                Text = SmscJournal.Decode(content, pdu.DataCoding, pdu.HasUserDataHeader),
                UserMessageReference = pdu.Tlvs.UserMessageReference,
                Time = smsc.time.GetUtcNow(),
            };
            // The payload is in the content already; the other TLVs (sar, reference) tell parts and messages apart.
            smsc.journal.Add(message, content.Span, pdu.Tlvs.Without(TlvTag.MessagePayload));
            if (settings.Receipts && WantsReceipt(pdu.RegisteredDelivery, settings.ReceiptStat))
            {
                smsc.receipts.Add(message, pdu.Source, pdu.Destination, settings);
            }
            return message.Id;
        }

        // registered_delivery bits 1-0, section 4.7.21: 1 always, 2 on failure, 3 on success (5.0).
        static bool WantsReceipt(byte registeredDelivery, string stat) =>
            (registeredDelivery & 0x03) switch
            {
                1 => true,
                2 => stat != "DELIVRD",
                3 => stat == "DELIVRD",
                _ => false,
            };
    }
}

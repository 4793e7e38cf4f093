using Contracts;
using Messaging;
using Npgsql;
using Persistence.Configuration;
using Persistence.Ledger;
using ServiceDefaults;
using Smpp;
using Smpp.Pdus;
using Smpp.Sessions;

namespace Workers;

internal sealed partial class ClaimAndSend
{
    /// <summary>One part of one item on its way.</summary>
    private sealed record Part(LaneItem Item, SubmitSm Pdu, short Number, short Parts)
    {
        /// <summary>Whether no other copy of it is claimed or on the wire here.</summary>
        public bool IsTheOneHere { get; set; }

        public (MessageId Id, short Number) Name => (Item.Value.Message.Id, Number);

        public SubmitKey Key(short attempt) => new(Item.Value.Message.Id, Number, Item.Value.Generation, attempt);
    }

    /// <summary>Takes an item: its parts are to be claimed and sent, and counted against the pace; what is out of time ends here.</summary>
    private void AddParts(List<Part> parts, OperatorSession slot, LaneItem item, List<Task> onTheWire)
    {
        // :: Step 1: what is out of time ends here.
        var now = time.GetUtcNow();
        if (item.Value.Message.ValidUntil <= now)
        {
            onTheWire.Add(ExpireAsync(item, now));
            return;
        }

        if (PartsOf(item, onTheWire) is not { } pdus)
        {
            return;
        }

        slot.Pace.Take(pdus.Length);
        for (short number = 0; number < pdus.Length; number++)
        {
            parts.Add(new Part(item, pdus[number], number, (short)pdus.Length));
        }
    }

    private async Task ClaimBatchAsync(OperatorSession slot, SmppSession session, List<Part> parts, List<Task> onTheWire)
    {
        // :: Step 2: claim, in one statement, before a byte goes out.
        foreach (var part in parts)
        {
            part.IsTheOneHere = underWay.TryAdd(part.Name, true);
        }

        Claim[] claims;
        try
        {
            claims = await ledger.ClaimAsync(slot.Lease, parts.ConvertAll(part => part.Key(0)), CancellationToken.None);
        }
        catch (Exception e)
        {
            // Whether the claims were written is unknown. None of these was sent: written claims are found as uncertain and follow
            // the connector's policy.
            parts.ForEach(LetGo);
            slot.Pace.GiveBack(parts.Count);
            WorkersLog.NotClaimed(logger, slot.Lease.Connector, parts.Count, e.Message);
            foreach (var item in parts.Select(part => part.Item).Distinct())
            {
                Settle(item, i => i.Release(options.RetryDelay));
            }

            return;
        }

        FaultPoints.Pass(FaultPoints.ClaimedBeforeWrite);

        // :: Step 3: send; each item settles by itself when its parts are done.
        for (var i = 0; i < parts.Count; )
        {
            var count = parts[i].Parts;
            onTheWire.Add(SendItemAsync(slot, session, parts.GetRange(i, count), claims.AsSpan(i, count).ToArray()));
            i += count;
        }
    }

    /// <summary>
    /// Null when the message cannot be put into PDUs: because this operator has no way to show it, which is its end, or by a mistake of ours in
    /// this one message, counted against it alone.
    /// </summary>
    private SubmitSm[]? PartsOf(LaneItem item, List<Task> onTheWire)
    {
        try
        {
            var pdus = SubmitParts.Of(item.Value.Message, connector, out var fault);
            if (fault is null)
            {
                return pdus;
            }

            onTheWire.Add(CannotBeShownAsync(item, fault));
            return null;
        }
        catch (Exception e)
        {
            Blame(item, e);
            return null;
        }
    }

    /// <summary>Counts a failure nobody expected against its item: tried again, and kept as dead with the reason when it never works.</summary>
    private void Blame(LaneItem item, Exception error)
    {
        WorkersLog.Unexpected(logger, item.Value.Message.Id, error);
        Settle(item, i => i.Fail($"{error.GetType().Name}: {error.Message}", options.RetryDelay));
    }

    private async Task SendItemAsync(OperatorSession slot, SmppSession session, List<Part> parts, Claim[] claims)
    {
        try
        {
            await SendClaimedAsync(slot, session, parts, claims);
        }
        finally
        {
            parts.ForEach(LetGo);
        }
    }

    private void LetGo(Part part)
    {
        if (part.IsTheOneHere)
        {
            underWay.TryRemove(part.Name, out _);
        }
    }

    private async Task SendClaimedAsync(OperatorSession slot, SmppSession session, List<Part> parts, Claim[] claims)
    {
        var item = parts[0].Item;
        TimeSpan? again;
        try
        {
            var resolving = new Task<Resolution>[parts.Count];
            for (var i = 0; i < resolving.Length; i++)
            {
                resolving[i] = ResolveAsync(slot, session, parts[i], claims[i]);
            }

            var resolved = await Task.WhenAll(resolving);
            again = await LeaveAsync(parts, resolved);
            if (again > options.LongestQueueDelay)
            {
                // :: Step 4: nothing waits long in a queue: a row with a due time takes its place, the router dispatches it then.
                var left = item.Value.Message.ValidUntil - time.GetUtcNow();
                await ledger.ScheduleRetryAsync(item.Value.Message.Id, again < left ? again.Value : left, CancellationToken.None);
                FaultPoints.Pass(FaultPoints.ScheduledBeforeSettle);
                again = null;
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException or OperationCanceledException)
        {
            // The claim stands without an outcome; the redelivery finds it and the connector's policy decides.
            WorkersLog.NotRecorded(logger, item.Value.Message.Id, e.Message);
            again = options.RetryDelay;
        }
        catch (Exception e)
        {
            // Its claim stands too, so what was sent is not sent again blindly.
            Blame(item, e);
            return;
        }

        FaultPoints.Pass(FaultPoints.EventBeforeSettle);
        CompleteOrRelease(item, again);
    }

    private void CompleteOrRelease(LaneItem item, TimeSpan? again) =>
        Settle(
            item,
            i =>
            {
                if (again is { } delay)
                {
                    i.Release(delay);
                }
                else
                {
                    i.Complete();
                }
            }
        );

    /// <summary>What a claim's answer means for its part.</summary>
    private async Task<Resolution> ResolveAsync(OperatorSession slot, SmppSession session, Part part, Claim claim)
    {
        switch (claim.Result)
        {
            case ClaimResult.Claimed:
                return await SendAsync(slot, session, part, part.Key(0), 0);
            case ClaimResult.NotWanted:
                return Resolution.Done;
            case ClaimResult.Cancelled:
                return await TellAsync(Cancelled(part));
            case ClaimResult.LeaseLost:
                return Resolution.After(TimeSpan.Zero);
            case ClaimResult.Unknown:
                return Resolution.After(options.RetryDelay);
            case ClaimResult.InFlight:
            case ClaimResult.OursInFlight when !part.IsTheOneHere:
                return Resolution.After(options.InFlightDelay);
            case ClaimResult.Answered when claim.Earlier == SubmitOutcome.Accepted:
                return await TellAsync(Submitted(slot, part));
            case ClaimResult.Answered when claim.Earlier == SubmitOutcome.Refused:
                return await TellAsync(Failed(slot, part, 0, "refused by the operator"));
            case ClaimResult.Answered when claim.Earlier == SubmitOutcome.Retry:
                return await ClaimAgainAsync(slot, session, part, claim);
            default:
                return await DecideUncertainAsync(slot, session, part, claim);
        }
    }

    /// <summary>Sent before, and the answer was lost: nobody knows whether the operator has it. The connector's policy decides.</summary>
    private async Task<Resolution> DecideUncertainAsync(OperatorSession slot, SmppSession session, Part part, Claim claim)
    {
        WorkersLog.Uncertain(logger, part.Item.Value.Message.Id, part.Number, slot.Lease.Connector, connector.Uncertain, claim.LostAnswers);
        return connector.Uncertain switch
        {
            UncertainPolicy.RetryOnce when claim.LostAnswers <= 1 => await ClaimAgainAsync(slot, session, part, claim),
            UncertainPolicy.Fail => await TellAsync(Failed(slot, part, 0, "the operator's answer was lost")),
            _ => await TellAsync(Submitted(slot, part) with { Uncertain = true }),
        };
    }

    private async Task<Resolution> ClaimAgainAsync(OperatorSession slot, SmppSession session, Part part, Claim claim)
    {
        var key = part.Key((short)(claim.EarlierAttempt + 1));
        var again = await ledger.ClaimAsync(slot.Lease, [key], CancellationToken.None);
        return again[0].Result switch
        {
            ClaimResult.Claimed => await SendAsync(slot, session, part, key, claim.Refusals),
            ClaimResult.LeaseLost => Resolution.After(TimeSpan.Zero),
            ClaimResult.NotWanted => Resolution.Done,
            ClaimResult.Cancelled => await TellAsync(Cancelled(part)),
            // Another copy was faster.
            _ => Resolution.After(options.InFlightDelay),
        };
    }

    private async Task<Resolution> SendAsync(OperatorSession slot, SmppSession session, Part part, SubmitKey key, int refusals)
    {
        SmppReply<SubmitSmResp> reply;
        try
        {
            if (slot.Sendable == session)
            {
                var submitting = slot.SubmitAsync(session, part.Pdu);
                FaultPoints.Pass(FaultPoints.SubmittedBeforeAnswer);
                reply = await submitting;
            }
            else
            {
                reply = new SmppReply<SubmitSmResp>(ReplyOutcome.NotSent, null, CommandStatus.InvBndSts);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped while waiting for room in the window: no octet of it left.
            reply = new SmppReply<SubmitSmResp>(ReplyOutcome.NotSent, null, CommandStatus.InvBndSts);
        }

        FaultPoints.Pass(FaultPoints.AnsweredBeforeOutcome);
        Pace(slot, reply);
        var at = time.GetUtcNow();
        var outcome = Outcome(reply);
        var id = outcome == SubmitOutcome.Accepted ? reply.Response!.MessageId : null;
        await answers.WriteAsync(
            new SubmitAnswer(
                key,
                outcome,
                reply.Outcome == ReplyOutcome.Answered ? (uint)reply.Status : 0,
                slot.Connector.Operator,
                id,
                string.IsNullOrEmpty(id) ? null : OperatorId.FromAnswer(id),
                part.Parts,
                at
            )
        );
        FaultPoints.Pass(FaultPoints.OutcomeBeforeEvent);
        return outcome switch
        {
            SubmitOutcome.Accepted => await TellAsync(Submitted(slot, part) with { At = at }),
            SubmitOutcome.Refused => await TellAsync(Refused(slot, part, reply.Status) with { At = at }),
            SubmitOutcome.Retry when reply.Outcome == ReplyOutcome.NotSent => Resolution.After(TimeSpan.Zero),
            SubmitOutcome.Retry => Again(slot, part, reply.Status, refusals + 1),
            // Uncertain comes back as a redelivery that finds this outcome.
            _ => Resolution.After(options.RetryDelay),
        };
    }

    /// <summary>What follows a refusal that is not for good.</summary>
    /// <param name="slot">The bind.</param>
    /// <param name="part">The part.</param>
    /// <param name="status">The operator's answer.</param>
    /// <param name="refusals">How often this operator has refused it, this time included.</param>
    private Resolution Again(OperatorSession slot, Part part, CommandStatus status, int refusals)
    {
        var rule = statuses.Of(status);
        switch (rule.Action)
        {
            case ErrorAction.Throttle:
                // It is about the link's pace, not about the message: it does not wait longer each time.
                return Resolution.After(options.RetryDelay);
            case ErrorAction.Failover:
                return Resolution.Leave(Refused(slot, part, status), null);
            default:
                var wait = rule.Delay ?? RetryAfter(refusals);
                return refusals < (rule.Tries ?? StatusTable.Tries)
                    ? Resolution.After(wait)
                    : Resolution.Leave(Refused(slot, part, status), rule.Tries is null ? wait : null);
        }
    }

    /// <summary>The operator's answers set the bind's pace.</summary>
    private void Pace(OperatorSession slot, SmppReply<SubmitSmResp> reply)
    {
        if (reply.Outcome == ReplyOutcome.Answered && !reply.IsOk && statuses.SlowsDown(reply.Status))
        {
            slot.Pace.Throttled();
        }
        else if (reply.IsOk)
        {
            slot.Pace.Accepted();
        }
    }

    /// <summary>In whole seconds: items that wait as long go back to the queue in one envelope.</summary>
    private TimeSpan RetryAfter(int refusals) => TimeSpan.FromSeconds(Math.Ceiling(options.Retry.Delay(refusals).TotalSeconds));

    private SubmitOutcome Outcome(SmppReply<SubmitSmResp> reply) =>
        reply.Outcome switch
        {
            ReplyOutcome.Answered when reply.Status == CommandStatus.Ok && reply.Response is not null => SubmitOutcome.Accepted,
            ReplyOutcome.Answered => statuses.Of(reply.Status).Action == ErrorAction.Permanent
                ? SubmitOutcome.Refused
                : SubmitOutcome.Retry,
            ReplyOutcome.NotSent => SubmitOutcome.Retry,
            _ => SubmitOutcome.Uncertain,
        };

    /// <summary>Tells the dlr-processor; only a confirmed telling lets the item go.</summary>
    private async Task<Resolution> TellAsync(MessageEvent happened) =>
        await events.SendAsync(happened, CancellationToken.None) == SendOutcome.Stored
            ? Resolution.Done
            : Resolution.After(options.RetryDelay);

    private async Task ExpireAsync(LaneItem item, DateTimeOffset now)
    {
        var expired = new MessageExpired
        {
            Id = item.Value.Message.Id,
            At = now,
            Reason = "its validity passed before it could be sent",
        };
        CompleteOrRelease(item, (await TellAsync(expired)).Again);
    }

    private async Task CannotBeShownAsync(LaneItem item, string fault)
    {
        var failed = new PartFailed
        {
            Id = item.Value.Message.Id,
            Connector = connector.Id,
            Reason = fault,
            At = time.GetUtcNow(),
        };
        CompleteOrRelease(item, (await TellAsync(failed)).Again);
    }

    private PartSubmitted Submitted(OperatorSession slot, Part part) =>
        new()
        {
            Id = part.Item.Value.Message.Id,
            Part = part.Number,
            Connector = slot.Lease.Connector,
            At = time.GetUtcNow(),
        };

    private MessageCancelled Cancelled(Part part) => new() { Id = part.Item.Value.Message.Id, At = time.GetUtcNow() };

    private PartFailed Refused(OperatorSession slot, Part part, CommandStatus status) =>
        Failed(slot, part, (uint)status, $"the operator answered {status}");

    private PartFailed Failed(OperatorSession slot, Part part, uint status, string reason) =>
        new()
        {
            Id = part.Item.Value.Message.Id,
            Part = part.Number,
            Parts = part.Parts,
            Connector = slot.Lease.Connector,
            Status = status,
            Reason = reason,
            At = time.GetUtcNow(),
        };
}

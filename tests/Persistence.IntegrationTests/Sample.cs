using Contracts;
using Persistence.Ledger;

namespace Persistence.IntegrationTests;

/// <summary>Records as the services make them, with what a test does not care about filled in.</summary>
internal static class Sample
{
    public const string Operator = "operator-a";

    public static readonly Guid BootId = Guid.NewGuid();

    public static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public static MessageSubmitted Message(string account = "acme", TimeSpan age = default)
    {
        var at = Now - age;
        return new MessageSubmitted
        {
            Id = MessageId.New(at),
            Account = account,
            SystemId = "esme",
            Source = new Party(5, 0, "Acme"),
            Destination = new Party(1, 1, "491700000001"),
            RegisteredDelivery = 1,
            Content = "hello"u8.ToArray(),
            AcceptedAt = at,
            ValidUntil = at + TimeSpan.FromHours(48),
        };
    }

    public static Verdict Routed(MessageSubmitted message, string connector, Guid? bootId = null) =>
        new(bootId ?? BootId, message, connector, "default", null);

    public static Verdict Rejected(MessageSubmitted message, string reason, Guid? bootId = null) =>
        new(bootId ?? BootId, message, null, null, reason);

    public static SubmitAnswer Accepted(SubmitKey key, string operatorId, short parts = 1) =>
        new(key, SubmitOutcome.Accepted, 0, Operator, operatorId, operatorId, parts, Now);

    public static SubmitAnswer NotAccepted(SubmitKey key, SubmitOutcome outcome, uint status) =>
        new(key, outcome, status, Operator, null, null, 1, Now);

    public static PartSubmitted Submitted(MessageSubmitted message, string connector = "one", bool uncertain = false) =>
        new()
        {
            Id = message.Id,
            Connector = connector,
            Uncertain = uncertain,
            At = Now,
        };

    public static ReceiptReceived Receipt(string canonicalId, string operatorName = Operator) =>
        new()
        {
            ReceiptId = Guid.NewGuid(),
            Operator = operatorName,
            Connector = "one",
            OperatorId = canonicalId,
            CanonicalId = canonicalId,
            State = MessageState.Delivered,
            Stat = "DELIVRD",
            Error = "000",
            At = Now,
        };

    public static PartEnd End(MessageSubmitted message, MessageState state, short part = 0, short parts = 1, string? error = null) =>
        new(message.Id, part, parts, state, error, state == MessageState.Delivered ? null : $"it ended as {state}", Now);

    public static DeliveryPack Pack(string recipient, int items = 1, TimeSpan? expiresIn = null) =>
        new(
            recipient,
            "acme",
            [.. Enumerable.Range(0, items).Select(i => Delivery($"{recipient}-{i}"))],
            Now + (expiresIn ?? TimeSpan.FromDays(7))
        );

    public static ReceiptDelivery Delivery(string messageId) =>
        new()
        {
            MessageId = messageId,
            Source = new Party(1, 1, "491700000001"),
            Destination = new Party(5, 0, "Acme"),
            State = MessageState.Delivered,
            SubmittedAt = Now,
            DoneAt = Now,
        };
}

namespace Messaging;

/// <summary>One queue message on its way out.</summary>
/// <param name="Id">Made once; a repeated send carries the same.</param>
/// <param name="Body">UTF-8 JSON: SQS takes only text.</param>
/// <param name="Items">How many messages are in it; depth is counted in these.</param>
/// <param name="Delay">Not to be delivered before; 15 minutes at most (SQS).</param>
/// <param name="Group">Tenant key where the queue is fair between tenants (SQS MessageGroupId); others ignore it.</param>
public sealed record OutgoingEnvelope(Guid Id, ReadOnlyMemory<byte> Body, int Items, TimeSpan Delay = default, string? Group = null);

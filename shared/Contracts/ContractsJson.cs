using System.Text.Json.Serialization;

namespace Contracts;

/// <summary>The JSON form of everything that crosses a queue: source-generated, camel case, nulls and defaults left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault
)]
[JsonSerializable(typeof(MessageSubmitted))]
[JsonSerializable(typeof(MessageRouted))]
[JsonSerializable(typeof(MessageEvent))]
[JsonSerializable(typeof(InboundReceived))]
[JsonSerializable(typeof(ReceiptReceived))]
[JsonSerializable(typeof(List<ReceiptDelivery>))]
public sealed partial class ContractsJson : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Messaging.Tests;

internal sealed record Sms(int Id, string Text = "hello");

/// <summary>A message that refuses to be written when its text says so.</summary>
[JsonConverter(typeof(FickleConverter))]
internal sealed record Fickle(string Text);

internal sealed class FickleConverter : JsonConverter<Fickle>
{
    public override Fickle Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, Fickle value, JsonSerializerOptions options)
    {
        if (value.Text == "bad")
        {
            throw new JsonException("does not serialise");
        }
        writer.WriteStringValue(value.Text);
    }
}

[JsonSerializable(typeof(Sms))]
[JsonSerializable(typeof(Fickle))]
internal sealed partial class TestJson : JsonSerializerContext
{
    public static JsonTypeInfo<Sms> SmsType => Default.Sms;
}

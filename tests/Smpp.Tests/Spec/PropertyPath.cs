using System.Globalization;
using Smpp.Pdus;
using Smpp.Tlvs;

namespace Smpp.Tests.Spec;

/// <summary>Reaches into a record by the path that a table names, such as "Source.Digits".</summary>
internal static class PropertyPath
{
    /// <summary>The value in the form in which <see cref="FieldInterpreter"/> gives it.</summary>
    public static object Get(object record, string path)
    {
        foreach (var name in path.Split('.'))
        {
            record = record.GetType().GetProperty(name)!.GetValue(record)!;
        }
        return record switch
        {
            ReadOnlyMemory<byte> memory => memory.ToArray(),
            TlvList tlvs => tlvs.Encoded.ToArray(),
            IReadOnlyList<MultiDestination> destinations => destinations.Select(Form).ToArray(),
            IReadOnlyList<UnsuccessfulDestination> unsuccessful => unsuccessful.Select(Form).ToArray(),
            _ => record,
        };
    }

    /// <summary>The record with another value there; the record is changed, as tests make a new one for each use.</summary>
    public static IPdu With(IPdu record, string path, object value)
    {
        var names = path.Split('.');
        var property = record.GetType().GetProperty(names[0])!;
        if (names.Length > 1)
        {
            var inner = property.GetValue(record)!;
            inner.GetType().GetProperty(names[1])!.SetValue(inner, value);
            value = inner;
        }
        property.SetValue(record, value);
        return record;
    }

    static string Form(MultiDestination destination) => destination.ListName ?? Form(destination.Address);

    static string Form(UnsuccessfulDestination destination) =>
        string.Create(CultureInfo.InvariantCulture, $"{Form(destination.Destination)} {(uint)destination.Status:X8}");

    static string Form(Address address) => $"{address.Ton}/{address.Npi}/{address.Digits}";
}

using System.Globalization;
using System.Text;

namespace ServiceDefaults;

/// <summary>A page in Prometheus' text format 0.0.4.</summary>
public sealed class MetricsText
{
    /// <summary>The page's content type.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder text = new();

    /// <summary>Begins a metric: what its name means, and its kind (gauge, counter).</summary>
    public void Head(string name, string help, string kind = "gauge") =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(kind).Append('\n');

    /// <summary>Adds a line, numbers as Prometheus reads them; a label's value goes through <see cref="Label"/> unless it cannot need it.</summary>
    public void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    /// <summary>A label's value: backslash, quote and line feed are escaped.</summary>
    public static string Label(string value) =>
        value
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);

    /// <summary>The page so far.</summary>
    public override string ToString() => text.ToString();
}

/// <summary>A part of <c>/metrics</c>; a service registers as many as it has.</summary>
public interface IMetricsSource
{
    /// <summary>Adds its lines. What it cannot tell now it throws: old numbers would lie.</summary>
    Task WriteAsync(MetricsText text, CancellationToken cancellationToken);
}

using Amazon.Runtime.Internal.Endpoints.StandardLibrary;

namespace Aws;

/// <summary>Where a regional service answers, by AWS's endpoint rules: partition, FIPS, dual-stack.</summary>
internal static class AwsEndpoints
{
    public const string DefaultRegion = "us-east-1";

    /// <summary>
    /// <c>https://sqs.eu-west-1.amazonaws.com</c>; FIPS adds <c>-fips</c> to the service (GovCloud's ordinary hosts are FIPS
    /// already), dual-stack takes the partition's other suffix. The suffixes are the runtime's own data.
    /// </summary>
    /// <exception cref="ArgumentException">No such partition, or it has no FIPS or dual-stack hosts.</exception>
    public static string Resolve(string service, string region, bool fips, bool dualStack)
    {
        var partition =
            Fn.Partition(region) ?? throw new ArgumentException($"No partition of AWS has the region {region}.", nameof(region));
        if (fips && !Flag(partition, "supportsFIPS"))
        {
            throw new ArgumentException($"FIPS is asked for, but the partition of {region} has no such hosts.", nameof(fips));
        }
        if (dualStack && !Flag(partition, "supportsDualStack"))
        {
            throw new ArgumentException($"Dual-stack is asked for, but the partition of {region} has no such hosts.", nameof(dualStack));
        }
        var govCloud = Text(partition, "name") == "aws-us-gov";
        var host = fips && (dualStack || !govCloud) ? service + "-fips" : service;
        return $"https://{host}.{region}.{Text(partition, dualStack ? "dualStackDnsSuffix" : "dnsSuffix")}";
    }

    private static string Text(Partition partition, string name) => (string)partition[name];

    private static bool Flag(Partition partition, string name) => (bool)partition[name];
}

namespace Persistence.Ledger;

public sealed partial class MessageLedger
{
    /// <summary>Numbers in a block of short ids. Never change it: numbers given out before would be given out again.</summary>
    public const int ShortIdBlock = 1000;

    /// <summary>Takes blocks of short ids for this process alone; no other is ever given them.</summary>
    /// <returns>The first number of each block, below 2^40.</returns>
    public async Task<List<long>> LeaseShortIdsAsync(int blocks, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("select nextval('short_id_blocks') from generate_series(1, $1)");
        command.Parameters.Add(Value(blocks));
        var leased = new List<long>(blocks);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            leased.Add(reader.GetInt64(0) * ShortIdBlock);
        }

        return leased;
    }
}

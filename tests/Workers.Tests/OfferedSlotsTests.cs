using Persistence.Leases;
using Testing;
using Xunit;

namespace Workers.Tests;

public sealed class OfferedSlotsTests
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);
    private static readonly Guid Me = Guid.NewGuid();

    private readonly FakeTime time = new();
    private readonly OfferedSlots offered;

    public OfferedSlotsTests() => offered = new OfferedSlots(Rest, time);

    [Fact]
    public void A_slot_that_was_handed_on_is_left_to_the_others_and_no_other_slot_of_its_connector()
    {
        offered.Offer("north", 1);

        Assert.True(offered.Has(Free(1)));
        Assert.False(offered.Has(Free(0)));
        Assert.False(offered.Has(Free(1) with { Connector = "south" }));
    }

    [Fact]
    public void A_slot_that_nobody_wanted_is_anybodys_after_a_while()
    {
        offered.Offer("north", 1);

        time.Advance(Rest);

        Assert.False(offered.Has(Free(1)));
    }

    [Fact]
    public void A_slot_that_somebody_took_is_no_offer_any_more_when_it_becomes_free_again()
    {
        offered.Offer("north", 1);

        offered.Follow([Held(1, Guid.NewGuid())], Me);

        Assert.False(offered.Has(Free(1)));
    }

    [Fact]
    public void A_slot_stays_an_offer_while_its_bind_closes()
    {
        offered.Offer("north", 1);

        offered.Follow([Held(1, Me)], Me);

        Assert.False(offered.Has(Held(1, Me)));
        Assert.True(offered.Has(Free(1)));
    }

    [Fact]
    public void A_slot_that_a_dead_worker_left_over_is_no_offer()
    {
        offered.Offer("north", 1);

        Assert.False(offered.Has(Free(1) with { Holder = Guid.NewGuid() }));
    }

    private static BindSlotRow Free(short slot) => new() { Connector = "north", Slot = slot };

    private static BindSlotRow Held(short slot, Guid holder) => Free(slot) with { Holder = holder, IsLeased = true };
}

using Testing.Smsc;

// One program, several roles: each is a stand-in for something outside the platform.
switch (args is [var role, ..] ? role : "help")
{
    case "smsc":
        return await SmscProgram.RunAsync();

    case "help":
        Console.WriteLine(SmscProgram.Help);
        return 0;

    default:
        Console.Error.WriteLine($"Unknown role '{args[0]}'.\n\n{SmscProgram.Help}");
        return 2;
}

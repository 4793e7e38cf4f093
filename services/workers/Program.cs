using ServiceDefaults;
using Workers;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddPlatformDefaults("workers");
builder.Services.AddWorkers();

var app = builder.Build();
app.MapPlatformDefaults();
await app.RunAsync();

using Router;
using ServiceDefaults;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddPlatformDefaults("router");
builder.Services.AddRouter();

var app = builder.Build();
app.MapPlatformDefaults();
await app.RunAsync();
